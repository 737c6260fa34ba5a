// The browser's storage, or one that forgets when the page is closed, where storage is switched off: asking for it throws there.
type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

function memory(): Kept {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    key: (at) => [...kept.keys()][at] ?? null,
    get length() {
      return kept.size;
    },
  };
}

function find(): Kept {
  try {
    localStorage.getItem("tickwire");
    return localStorage;
  } catch {
    return memory();
  }
}

export const browserStorage: Kept = find();
