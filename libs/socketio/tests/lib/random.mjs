// What looks random and is the same for the same seed, so that a run can be repeated: SEED=….
export const firstSeed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

export function randomFrom(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (limit) => Math.floor(next() * limit), one: (list) => list[Math.floor(next() * list.length)], chance: (part) => next() < part };
}
