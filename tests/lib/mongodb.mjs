// A MongoDB server for tests: the one of TEST_MONGODB_URI, else `mongod` of the PATH, else SecantusDB, which speaks the same
// protocol and which script/bootstrap installs. What is started has a port and a folder of its own and ends with this process.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { MongoClient } from "mongodb";
import { freePort } from "./free_port.mjs";

const start_patience = 60_000; // ms; a busy machine starts Python slowly
const installed = new URL("../../.tools/mongodb/bin/secantusd-py", import.meta.url).pathname;

// The same server, with `name` for the database.
export function withDatabase(uri, name) {
  const parts = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(uri);
  if (!parts) throw new Error("TEST_MONGODB_URI must look like mongodb://host:port");
  return `${parts[1]}/${name}${parts[2] ?? ""}`;
}
export const databaseOf = (uri) => /^[^/]+\/\/[^/?]+\/([^?]*)/.exec(uri)?.[1] ?? "";
const hostsOf = (uri) => /^[^/]+\/\/(?:[^@/?]*@)?([^/?]+)/.exec(uri)[1];

// A name that no other test has; it begins with that of the run, where with_mongodb.mjs gave one.
export const newDatabase = (uri) => withDatabase(uri, `${databaseOf(uri) || "tickwire_test"}_${randomBytes(5).toString("hex")}`);

const isProgram = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

// How a server is started here: {name, program, options(folder)}; throws when there is none.
export function choose(path = process.env.PATH ?? "", fallback = installed) {
  const mongod = path.split(delimiter).map((folder) => join(folder, "mongod")).find(isProgram);
  if (mongod) return { name: "mongod", program: mongod, options: (folder) => ["--dbpath", folder, "--bind_ip", "127.0.0.1", "--nounixsocket"] };
  if (isProgram(fallback))
    return {
      name: "SecantusDB",
      program: fallback,
      options: (folder) => {
        const settings = join(folder, "secantusd.toml"); // else it looks for one elsewhere
        writeFileSync(settings, "");
        return ["--config", settings, "--host", "127.0.0.1", "--storage-path", join(folder, "data"), "--cache-size", "256M", "--log-level", "WARNING"];
      },
    };
  throw new Error("There is no MongoDB server for the tests. Run script/bootstrap, put mongod into the PATH, or set TEST_MONGODB_URI.");
}

// What a server says it is, once it answers.
async function versionOf(uri, { patience, ended = () => false }) {
  const deadline = Date.now() + patience;
  for (;;) {
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: 1_000 });
    try {
      return (await client.db("admin").command({ buildInfo: 1 })).version;
    } catch (error) {
      if (ended() || Date.now() > deadline) throw new Error(`The MongoDB server at ${hostsOf(uri)} does not answer: ${error.message}`);
      await new Promise((done) => setTimeout(done, 50));
    } finally {
      await client.close();
    }
  }
}

const alive = new Set();
process.on("exit", () => alive.forEach((server) => server.end()));

// A server of one's own, to be stopped, paused and killed.
export class Mongod {
  static async start() {
    const self = new Mongod();
    self.how = choose();
    self.folder = mkdtempSync(join(tmpdir(), "tickwire-mongodb-"));
    alive.add(self);
    await self.launch();
    return self;
  }

  // Again after a kill, with the same data and port.
  async launch() {
    this.port ??= await freePort();
    this.uri = `mongodb://127.0.0.1:${this.port}`;
    this.child = spawn(this.how.program, [...this.how.options(this.folder), "--port", String(this.port)], { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [this.child.stdout, this.child.stderr]) stream.setEncoding("utf8").on("data", (piece) => (said = (said + piece).slice(-4_000)));
    const ended = () => this.child.exitCode !== null || this.child.signalCode !== null;
    try {
      this.what = `${this.how.name}, which answers as version ${await versionOf(this.uri, { patience: start_patience, ended })}, on 127.0.0.1:${this.port}`;
    } catch (error) {
      throw new Error(`${error.message}\n${said}`, { cause: error });
    }
  }

  pause() {
    this.child.kill("SIGSTOP");
  }
  resume() {
    this.child.kill("SIGCONT");
  }
  async kill(signal = "SIGKILL") {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill(signal);
    await gone;
  }

  async stop() {
    await this.kill();
    this.end();
  }
  end() {
    this.child?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    alive.delete(this);
  }
}

// The server of a whole run: `uri` names a database whose name no other run's begins with; stop() takes away what begins so.
export async function serverOfRun() {
  const given = process.env.TEST_MONGODB_URI;
  const own = given ? null : await Mongod.start();
  const uri = withDatabase(own?.uri ?? given, `tickwire_test_${randomBytes(4).toString("hex")}`);
  const what = own?.what ?? `TEST_MONGODB_URI, which answers as version ${await versionOf(given, { patience: 5_000 })}, on ${hostsOf(given)}`;
  const stop = async () => {
    if (own) return own.stop();
    const client = new MongoClient(uri);
    const { databases } = await client.db("admin").admin().listDatabases({ nameOnly: true });
    for (const { name } of databases) if (name.startsWith(databaseOf(uri))) await client.db(name).dropDatabase();
    await client.close();
  };
  return { uri, what, stop };
}
