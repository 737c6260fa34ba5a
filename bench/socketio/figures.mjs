// What is measured, and what the library is to reach: a share of the floor, or a number of bytes.
const step = (n) => n.toLocaleString("en");
export const bigCrowd = 10_000;

export const figures = {
  connects: { load: ["connects"], rows: (quick) => [
    { label: "RSS bytes per idle connection, 1,000", value: (r) => r.rss_1000, less: true, goal: 3000 },
    ...(quick ? [] : [{ label: `RSS bytes per idle connection, ${step(bigCrowd)}`, value: (r) => r[`rss_${bigCrowd}`], less: true, goal: 3000 }]),
    { label: `connects, ${quick ? "1,000" : step(bigCrowd)}`, goal: 0.5 },
  ] },
  echo: { load: ["echo", "--clients", 1000, "--under-way", 1], rows: () => [{ label: "echo events, 1,000 clients, 1 under way each", goal: 0.75 }] },
  echo4: { load: ["echo", "--clients", 1000, "--under-way", 4], rows: () => [{ label: "echo events, 1,000 clients, 4 under way each", goal: 0.75 }] },
  acks: { load: ["acks", "--clients", 1000, "--under-way", 1], rows: () => [{ label: "acknowledged events, 1,000 clients, 1 under way each" }] },
  broadcast: { load: ["broadcast", "--clients", 1000], rows: () => [{ label: "broadcast deliveries, 1,000 clients" }] },
  broadcast5000: { load: ["broadcast", "--clients", 5000], rows: () => [{ label: "broadcast deliveries, 5,000 clients", goal: 0.85 }] },
  posts: { load: ["posts", "--clients", 1000, "--under-way", 32], rows: () => [{ label: "HTTP POST → event to one of 1,000 users", goal: 0.6 }] },
  polling: { load: ["polling", "--clients", 100], rows: () => [{ label: "echo events over long-polling, 100 clients" }] },
};
