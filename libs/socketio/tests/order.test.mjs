// What one handler asks of sockets happens in the order in which it asks, whatever else is switched on: programs
// made up at random, on servers with every combination of options, against a model that does one thing after another.
// SEED=… repeats one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { firstSeed, randomFrom } from "./lib/random.mjs";
import { start, until } from "./lib/server.mjs";
import { Frames, Polling } from "./lib/wire.mjs";

// One client over either transport: all it hears is put into `heard`, in order, without what only recovery adds.
class Client {
  static async open(port, nsp, polling, recovering) {
    const client = Object.assign(new Client(), { nsp, polling, recovering, heard: [], rooms: new Set(), connected: false });
    if (polling) client.session = await Polling.open(port);
    else client.frames = await Frames.open(port);
    client.#listen().catch((error) => (client.failed = error));
    await client.join();
    return client;
  }
  async #listen() {
    for (;;) for (const said of this.polling ? await this.session.packets() : [await this.frames.message()]) this.#take(said);
  }
  #take(said) {
    if (said === "2") return this.say("3");
    const [, type, id, json] = /^4(\d)(?:\/\w+,?)?(\d*)(.*)$/.exec(said);
    if (type === "0") return void (this.id = JSON.parse(json).sid);
    if (type === "1") return this.heard.push("disconnected");
    if (type === "3") return this.heard.push(`answered ${id}`);
    const event = JSON.parse(json);
    if (this.recovering && !id && (event[0] !== "volatile" || event.length > 3)) event.pop(); // its offset
    this.heard.push(`${id ? "asked " : ""}${JSON.stringify(event)}`);
  }
  say(text) {
    return this.polling ? this.session.post(text) : this.frames.send(text);
  }
  packet(type, rest) {
    return `4${type}${this.nsp === "/" ? "" : `${this.nsp},`}${rest}`;
  }
  async join() {
    this.id = undefined;
    await this.say(this.packet(0, ""));
    await until(() => this.id ?? this.failed);
    this.rooms = new Set([this.id]);
    this.connected = true;
  }
  end() {
    this.frames?.destroy();
  }
}

const rooms = ["red", "green", "blue"];
let lastAnswer = 0;

// One step, made up, and what it does in the model.
function step(random, clients, actor, expected, number) {
  const whom = random.chance(0.5) ? actor : random.one(clients);
  const hears = (client, text) => client.connected && expected.get(client).push(text);
  const by = random.chance(0.4) ? "-in" : "";
  switch (random.below(16)) {
    case 0: case 1: case 2: case 3:
      hears(whom, JSON.stringify(["event", number]));
      return [`emit${by}`, whom.id, "event", number];
    case 4: {
      const text = random.chance(0.5) ? ["a text"] : [];
      hears(whom, JSON.stringify(["volatile", number, ...text]));
      return [`volatile${by}`, whom.id, "volatile", number, ...text];
    }
    case 5:
      hears(whom, "asked " + JSON.stringify(["question", number]));
      return ["ask", whom.id, "question", number];
    case 6: case 7: case 8: {
      const room = random.one(rooms);
      if (whom.connected) whom.rooms.add(room);
      return [`join${by}`, whom.id, room];
    }
    case 9: case 10: {
      const room = random.one(rooms);
      whom.rooms.delete(room);
      return [`leave${by}`, whom.id, room];
    }
    case 11: case 12: case 13: {
      const room = random.one(rooms);
      for (const client of clients) if (client.rooms.has(room)) hears(client, JSON.stringify(["event", number]));
      return ["send", room, "event", number];
    }
    case 14:
      if (!expected.answered) hears(actor, `answered ${lastAnswer}`);
      expected.answered = true;
      return ["ack"];
    case 15:
      if (random.chance(0.7)) return ["ack-not"];
      hears(whom, "disconnected");
      whom.connected = false;
      whom.rooms.clear();
      return [`disconnect${by}`, whom.id];
  }
}

async function play(random, server, ports, nsp, recovering) {
  const clients = await Promise.all(Array.from({ length: 6 }, (_, i) => Client.open(ports[i % ports.length], nsp, random.chance(0.3), recovering)));
  let number = 0;
  for (let program = 0; program < 25; program++) {
    const expected = new Map(clients.map((client) => [client, []]));
    const actor = random.one(clients);
    lastAnswer++;
    const steps = Array.from({ length: 1 + random.below(20) }, () => step(random, clients, actor, expected, ++number));
    for (const client of clients) client.heard = [];
    await actor.say(actor.packet(2, `${lastAnswer}${JSON.stringify(["run", steps])}`));
    // A client that polls may miss what is volatile.
    const sure = (client, list) => (client.polling ? list.filter((said) => !said.startsWith('["volatile"')) : list);
    const all = () => clients.every((client) => client.failed || sure(client, client.heard).length >= sure(client, expected.get(client)).length);
    await until(all, "all is heard", 5_000).catch(() => {}); // the comparison says what is missing
    for (const client of clients) {
      if (client.failed) throw client.failed;
      assert.deepEqual(sure(client, client.heard), sure(client, expected.get(client)), JSON.stringify({ steps, client: client.id, actor: actor.id }));
      if (!client.connected) await client.join();
    }
    await settle(clients);
  }
  for (const client of clients) client.end();
}

// What was asked on other threads has happened: each client's thread has read its mail before it hears twice.
async function settle(clients) {
  for (let round = 0; round < 2; round++) {
    const answer = `answered ${++lastAnswer}`;
    for (const client of clients) await client.say(client.packet(2, `${lastAnswer}["run",[["ack"]]]`));
    await until(() => clients.every((client) => client.failed || client.heard.at(-1) === answer), "all have settled");
  }
}

let run = 0;
for (const threads of [1, 2, 3, 4])
  for (const recovery of [false, true])
    for (const cluster of [false, true]) {
      const seed = firstSeed + run++;
      test(`${threads} threads${recovery ? ", recovery" : ""}${cluster ? ", cluster" : ""}, SEED=${seed}`, async () => {
        const random = randomFrom(seed);
        const server = await start("feature_server", "--threads", `${threads}`, "--ping-interval", "60000", ...(recovery ? ["--recovery", "60000"] : []),
          ...(cluster ? ["--second-port", "0"] : []));
        const ports = [server.port];
        if (cluster) ports.push((await server.tells((line) => line.what === "second")).port);
        for (const nsp of ["/", "/plain"]) await play(random, server, ports, nsp, recovery); // with watchers, and without
        await server.stop();
      });
    }
