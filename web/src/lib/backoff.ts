// How long to wait before the n-th try again: doubling, with spread so that pages do not come back all at once.
export const backoff = (tries: number, random = Math.random) => Math.min(30_000, 1000 * 2 ** Math.min(tries, 10)) * (0.5 + random() * 0.5);
