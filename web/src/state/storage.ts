// What the page keeps in the browser, each thing under a key of its own.
export type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

// Of each key that begins with the prefix, what stands behind it.
export function keysWith(storage: Storage, prefix: string): string[] {
  const found: string[] = [];
  try {
    for (let i = 0; i < storage.length; i++) {
      const key = storage.key(i);
      if (key?.startsWith(prefix)) found.push(key.slice(prefix.length));
    }
  } catch {
    // storage is switched off
  }
  return found;
}
