// The MongoDB server that tests get: the right one, alone, and gone afterwards.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { MongoClient } from "mongodb";
import { Mongod, choose, databaseOf, newDatabase, withDatabase } from "../lib/mongodb.mjs";

const folder = mkdtempSync(join(tmpdir(), "tickwire-choice-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const withServer = new URL("../lib/with_mongodb.mjs", import.meta.url).pathname;

test("mongod of the PATH comes before SecantusDB, and nothing at all is said clearly", () => {
  for (const name of ["mongod", "secantusd-py"]) {
    writeFileSync(join(folder, name), "#!/bin/sh\n");
    chmodSync(join(folder, name), 0o755);
  }
  assert.equal(choose(`/nowhere:${folder}`, join(folder, "secantusd-py")).name, "mongod");
  assert.equal(choose("/nowhere", join(folder, "secantusd-py")).name, "SecantusDB");
  assert.throws(() => choose("/nowhere", "/nowhere/secantusd-py"), /Run script\/bootstrap, put mongod into the PATH, or set TEST_MONGODB_URI/);
});

test("each test has a database of its own, whatever else stands in the URI", () => {
  assert.equal(withDatabase("mongodb://a:p%2Fw@one,two:27018/old?tls=true", "new"), "mongodb://a:p%2Fw@one,two:27018/new?tls=true");
  assert.equal(withDatabase("mongodb://one", "new"), "mongodb://one/new");
  assert.equal(withDatabase("mongodb://one?tls=true", "new"), "mongodb://one/new?tls=true");
  assert.throws(() => withDatabase("one:27017", "new"), /must look like/);
  assert.match(databaseOf(newDatabase("mongodb://one/run?tls=true")), /^run_\w+$/);
  assert.notEqual(newDatabase("mongodb://one"), newDatabase("mongodb://one"));
});

test("a command runs with a server, which is taken away again; its exit status is passed on", () => {
  for (const status of [0, 7]) {
    const done = spawnSync(process.execPath, [withServer, "sh", "-c", `echo "for the command: $TEST_MONGODB_URI"; exit ${status}`], { encoding: "utf8" });
    assert.equal(done.status, status, done.stderr);
    assert.match(done.stdout, /^mongodb: (mongod|SecantusDB|TEST_MONGODB_URI), which answers as version \d/);
    assert.match(databaseOf(/for the command: (\S+)/.exec(done.stdout)[1]), /^tickwire_test_\w+$/);
  }
  const none = spawnSync(process.execPath, [withServer, "true"], { encoding: "utf8", env: { ...process.env, TEST_MONGODB_URI: "mongodb://127.0.0.1:9/" }, timeout: 60_000 });
  assert.equal(none.status, 1);
  assert.match(none.stderr, /127\.0\.0\.1:9 does not answer/);
});

test("a run on somebody's server leaves none of its databases there", async () => {
  const server = await Mongod.start();
  const code = `import { MongoClient } from "mongodb"; import { newDatabase } from ${JSON.stringify(new URL("../lib/mongodb.mjs", import.meta.url).href)};
    const client = new MongoClient(newDatabase(process.env.TEST_MONGODB_URI)); await client.db().collection("a").insertOne({}); await client.close();`;
  const options = { env: { ...process.env, TEST_MONGODB_URI: server.uri }, cwd: new URL("..", import.meta.url).pathname, stdio: ["ignore", "inherit", "inherit"] };
  const client = new MongoClient(server.uri);
  await client.db("of_somebody_else").collection("a").insertOne({});
  const child = spawn(process.execPath, [withServer, process.execPath, "--input-type=module", "-e", code], options);
  assert.equal(await new Promise((done) => child.once("exit", done)), 0);
  const { databases } = await client.db("admin").admin().listDatabases({ nameOnly: true });
  assert.deepEqual(databases.map(({ name }) => name).filter((name) => !["admin", "config", "local"].includes(name)), ["of_somebody_else"]);
  await client.close();
  await server.stop();
  assert.equal(existsSync(server.folder), false);
});

test("what is stored survives kill -9 of the server, which comes back on the same port", async () => {
  const server = await Mongod.start();
  const client = new MongoClient(server.uri, { serverSelectionTimeoutMS: 30_000 });
  const rows = client.db("kept").collection("a", { writeConcern: { w: "majority", journal: true } });
  await rows.insertOne({ _id: 1 });
  await server.kill();
  await server.launch();
  assert.equal(await rows.countDocuments(), 1);
  await client.close();
  await server.stop();
});
