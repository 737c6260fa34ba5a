// What is measured, and what the library is to reach: a share of the floor, or a number of bytes. `environment` is
// given to the servers that know all of it; the others are left out of the figure.
const step = (n) => n.toLocaleString("en");

// quick: small crowds, which only show that everything works.
export function figuresOf(quick) {
  const crowd = quick ? 100 : 1_000, large = quick ? 200 : 5_000, most = quick ? 500 : 10_000;
  const few = quick ? 20 : 100, rooms = quick ? 500 : 10_000, members = 5;
  const clients = `${step(crowd)} clients`;

  const connects = (headers, whose, goal) => ({
    load: ["connects", "--steps", `${crowd},${most}`, "--headers", headers],
    rows: [
      ...[crowd, most].map((n) => ({ label: `RSS bytes per idle connection${whose}, ${step(n)}`, value: (r) => r[`rss_${n}`], less: true, goal: 2048 })),
      { label: `connects${whose}, ${step(most)}`, goal },
    ],
  });
  const echo = (underWay, row, environment = {}) => ({ load: ["echo", "--clients", crowd, "--under-way", underWay], environment, rows: [row] });
  const broadcast = (size, row, environment = {}) => ({ load: ["broadcast", "--clients", size], environment, rows: [row] });

  return {
    connects: connects("few", "", 0.8),
    browser: connects("browser", ", a browser's headers"), // which the floor does not parse
    echo: echo(1, { label: `echo events, ${clients}, 1 under way each`, goal: 0.85 }),
    echo4: echo(4, { label: `echo events, ${clients}, 4 under way each`, goal: 0.85 }),
    acks: { load: ["acks", "--clients", crowd, "--under-way", 1], rows: [{ label: `acknowledged events, ${clients}, 1 under way each` }] },
    broadcast: broadcast(crowd, { label: `broadcast deliveries, ${clients}` }),
    broadcast5000: broadcast(large, { label: `broadcast deliveries, ${step(large)} clients`, goal: 0.9 }),
    posts: { load: ["posts", "--clients", crowd, "--under-way", 32], rows: [{ label: `HTTP POST → event to one of ${step(crowd)} users`, goal: 0.65 }] },
    rooms: {
      load: ["posts", "--clients", crowd, "--under-way", 32, "--rooms", rooms, "--members", members],
      rows: [{ label: `HTTP POST → event to ${members} in one of ${step(rooms)} rooms, ${clients}` }],
    },
    polling: { load: ["polling", "--clients", few], rows: [{ label: `echo events over long-polling, ${few} clients` }] },
    stop: {
      load: ["stop", "--clients", few, "--under-way", 25, "--stopped", quick ? 300 : 1000],
      rows: [{ label: `deliveries of ${few} × 25 broadcasts after a stop of ${quick ? 0.3 : 1} s` }],
    },
    echo_threads: echo(1, { label: `echo events, ${clients}, 4 threads` }, { THREADS: "4" }),
    broadcast_threads: broadcast(crowd, { label: `broadcast deliveries, ${clients}, 4 threads` }, { THREADS: "4" }),
    echo_recovery: echo(1, { label: `echo events, ${clients}, recovery on` }, { RECOVERY: "yes" }),
    broadcast_recovery: broadcast(crowd, { label: `broadcast deliveries, ${clients}, recovery on` }, { RECOVERY: "yes" }),
    steady: {
      load: ["steady", "--clients", crowd, "--rate", 20],
      measured: quick ? undefined : 60_000, // long enough by itself: in one round only
      rows: [
        // A server that could not keep up has no such figure.
        { label: `p99.9 in ms, ${clients} × 20 events/s each way`, value: (r) => (r.held_back ? undefined : r.p999_us / 1000), digits: 1, less: true },
        { label: `events, ${clients} × 20/s each way` },
      ],
    },
  };
}
