// What a server under test keeps everything in, by STORE: "sqlite", files in its DATA_DIR, or "mongodb", a database of its own on
// the server of TEST_MONGODB_URI. And what only tests do to it: look into it, break it, take it away.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { MongoClient, ObjectId } from "mongodb";
import { Mongod, newDatabase } from "./mongodb.mjs";

const kind = process.env.STORE || "sqlite";
// For the option `skip` of a test that is about files in DATA_DIR, or breaks them.
export const onlySqlite = kind !== "sqlite" && "it is about the files of SQLite";
// The share of a large load that the store for tests manages in the same time; SecantusDB is written in Python.
export const manageable = kind === "sqlite" ? 1 : 0.04;

const python = (code, ...args) => spawn("python3", ["-c", `import json,sqlite3,sys\n${code}`, ...args]);

class Sqlite {
  env = {};
  oneWriter = true; // while a server runs, nobody else writes messages
  heardWithin = 1_000; // ms, what other programs do to accounts
  constructor(dataDir, inbox) {
    this.folder = dataDir;
    this.accounts = join(dataDir, "accounts.db");
    this.log = join(dataDir, `inbox-${inbox}.db`);
  }

  async rows(file, sql, ...values) {
    const child = python("c=sqlite3.connect(sys.argv[1])\nprint(json.dumps(c.execute(sys.argv[2],json.loads(sys.argv[3])).fetchall()))\nc.commit()", file, sql, JSON.stringify(values));
    const told = { out: "", error: "" };
    child.stdout.setEncoding("utf8").on("data", (piece) => (told.out += piece));
    child.stderr.setEncoding("utf8").on("data", (piece) => (told.error += piece));
    const [status] = await once(child, "close");
    if (status !== 0) throw new Error(told.error);
    return JSON.parse(told.out);
  }
  async passwordHashes() {
    return (await this.rows(this.accounts, "SELECT password_hash FROM users")).flat();
  }
  sessions() {
    return this.rows(this.accounts, "SELECT * FROM sessions");
  }
  // Their end, as if it had been decided when they began; written by another program.
  async endSessionsAt(userId, at) {
    await this.rows(this.accounts, "UPDATE sessions SET expires_at=? WHERE user_id=?", at, userId);
  }
  // Everything that is stored, as a thief of the disk reads it.
  async bytes() {
    return readdirSync(this.folder).map((name) => readFileSync(join(this.folder, name), "latin1"));
  }

  // Of the server as it runs. What it gives puts the backup back, when no server runs. Both as docs/operations.md says.
  async backup() {
    const kept = mkdtempSync(join(tmpdir(), "tickwire-backup-"));
    const files = [this.accounts, this.log];
    for (const file of files) await this.rows(file, `VACUUM INTO '${join(kept, basename(file))}'`);
    return async () => {
      for (const file of files) {
        for (const end of ["-wal", "-shm"]) rmSync(file + end, { force: true });
        copyFileSync(join(kept, basename(file)), file);
      }
      rmSync(kept, { recursive: true });
      await this.rows(this.log, "UPDATE meta SET value = lower(hex(randomblob(12))) WHERE name = 'epoch'");
    };
  }

  // Another program that keeps a file open; `does` runs a statement. The server hears of what it did by `isHeard`.
  async otherProgram(file) {
    const child = python("c=sqlite3.connect(sys.argv[1],isolation_level=None)\nprint('ready',flush=True)\nfor line in sys.stdin:\n c.execute(line)\n print('done',flush=True)", file);
    child.stderr.pipe(process.stderr);
    const answers = createInterface({ input: child.stdout });
    await once(answers, "line");
    return {
      async does(statement) {
        const done = once(answers, "line");
        child.stdin.write(`${statement}\n`);
        await done;
      },
      isHeard: () => closeSync(openSync(file, "r+")),
      async ends() {
        const gone = once(child, "exit");
        child.stdin.end();
        await gone;
      },
    };
  }
  async hold(file) {
    const other = await this.otherProgram(file);
    await other.does("BEGIN EXCLUSIVE");
    return async () => {
      await other.does("ROLLBACK");
      await other.ends();
    };
  }
  // Until what it gives is called.
  refuseSessions() {
    return this.hold(this.accounts);
  }
  static waysAway = {
    locked: (store) => store.hold(store.log), // as somebody's shell does
    "moved away": async ({ folder }) => {
      renameSync(folder, `${folder}.away`);
      return () => renameSync(`${folder}.away`, folder);
    },
  };
}

class Mongo {
  oneWriter = false;
  heardWithin = 2_000;
  constructor(uri, server) {
    this.uri = newDatabase(uri);
    this.env = { MONGODB_URI: this.uri };
    this.server = server; // one of its own
  }

  async ask(work) {
    const client = new MongoClient(this.uri);
    try {
      return await work(client.db());
    } finally {
      await client.close();
    }
  }
  passwordHashes() {
    return this.ask(async (db) => (await db.collection("users").find().toArray()).flatMap(({ users }) => users.map((user) => user.passwordHash)));
  }
  sessions() {
    return this.ask((db) => db.collection("sessions").find().toArray());
  }
  endSessionsAt(userId, at) {
    return this.ask(async (db) => {
      await db.collection("sessions").updateMany({ userId }, { $set: { until: new Date(at) } });
      await db.collection("users").updateOne({}, { $set: { version: `by hand at ${at}` } }); // servers look when it changes
    });
  }
  bytes() {
    return this.ask(async (db) => {
      const all = await db.listCollections().toArray();
      return Promise.all(all.map(async ({ name }) => JSON.stringify(await db.collection(name).find().toArray(), (_, value) => (value?._bsontype === "Binary" ? value.buffer.toString("latin1") : value))));
    });
  }
  // A copy of the collections stands for mongodump and mongorestore, which are not to be had everywhere.
  async backup() {
    const asTheyAre = { promoteValues: false, promoteLongs: false };
    const kept = await this.ask(async (db) => {
      const all = await db.listCollections().toArray();
      return Promise.all(all.map(async ({ name }) => [name, await db.collection(name).find({}, asTheyAre).toArray()]));
    });
    return () =>
      this.ask(async (db) => {
        for (const { name } of await db.listCollections().toArray()) await db.collection(name).deleteMany({});
        for (const [name, rows] of kept) if (rows.length > 0) await db.collection(name).insertMany(rows);
        await db.collection("meta").updateMany({ epoch: { $exists: true } }, { $set: { epoch: new ObjectId().toString() } });
      });
  }
  refuseSessions() {
    const validate = (validator) => this.ask((db) => db.command({ collMod: "sessions", validator }));
    return validate({ neverThere: true }).then(() => () => validate({}));
  }
  static waysAway = {
    "stopped by SIGSTOP": async ({ server }) => {
      server.pause();
      return () => server.resume();
    },
    "killed by SIGKILL": async ({ server }) => {
      await server.kill();
      return () => server.launch();
    },
  };
}

const kinds = { sqlite: Sqlite, mongodb: Mongo };
if (!kinds[kind]) throw new Error(`STORE is "${kind}"; it must be ${Object.keys(kinds).join(" or ")}`);
// How a store goes away, by name: a function of the store that gives the one that brings it back. The store must be alone.
export const { waysAway } = kinds[kind];

// `alone`: nobody else's server, so that it can be taken away.
export async function newStore({ dataDir, inbox, alone = false }) {
  if (kind === "sqlite") return new Sqlite(dataDir, inbox);
  if (alone) {
    const server = await Mongod.start();
    return new Mongo(server.uri, server);
  }
  if (!process.env.TEST_MONGODB_URI) throw new Error("STORE is mongodb, but there is no TEST_MONGODB_URI. Start this by tests/run, or by node lib/with_mongodb.mjs COMMAND…");
  return new Mongo(process.env.TEST_MONGODB_URI);
}
