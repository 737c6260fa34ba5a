// Socket.IO packets byte for byte: what is taken, what ends the connection, what is answered.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { plain, start } from "./lib/server.mjs";
import { Frames, Polling, separator } from "./lib/wire.mjs";

let server, port;
before(async () => {
  server = await start("feature_server");
  port = server.port;
});
after(() => server.stop());

const join = (options) => Frames.join(port, options);
const disconnected = (id) => server.tells((line) => line.what === "disconnect" && line.id === id, `disconnect of ${id}`);

describe("taken, and answered with these bytes", () => {
  const vectors = [
    ["main namespace", ["40"], [/^40\{"sid":"[\w-]{20}"\}$/]],
    ["main namespace with a payload", ['40{"token":"abc"}'], [/^40\{"sid":"[\w-]{20}"\}$/]],
    ["main namespace by its name", ["40/,{}"], [/^40\{"sid":"[\w-]{20}"\}$/]],
    ["another namespace", ["40/custom,"], [/^40\/custom,\{"sid":"[\w-]{20}"\}$/]],
    ["another namespace without a comma", ["40/custom"], [/^40\/custom,\{"sid":"[\w-]{20}"\}$/]],
    ["another namespace with a payload", ['40/custom,{"token":"abc"}'], [/^40\/custom,\{"sid":"[\w-]{20}"\}$/]],
    ["a namespace nobody has", ["40/random"], ['44/random,{"message":"Invalid namespace"}']],
    ["a namespace with a query is another namespace", ["40/custom?x=1,"], ['44/custom?x=1,{"message":"Invalid namespace"}']],
    ...(plain ? [] : [["a refusal with data", ["40/refused,"], ['44/refused,{"message":"not you","data":{"code":17}}']]]),
    ["an event", ["40", '42["echo",1,"2",{"3":[true]}]'], [/^40/, '42["echo",1,"2",{"3":[true]}]']],
    ["an event with an id", ["40", '42456["echo",1]'], [/^40/, '42["echo",1]', "43456[1]"]],
    ["the id 0", ["40", '420["echo"]'], [/^40/, '42["echo"]', "430[]"]],
    ["an event in another namespace", ["40/custom,", '42/custom,7["echo","x"]'], [/^40/, '42/custom,["echo","x"]', '43/custom,7["x"]']],
    ["leaving a namespace, the other stays", ["40", "40/custom,", "41/custom,", '42["echo",1]'], [/^40\{/, /^40\/custom/, '42["echo",1]']],
    ["two binary parts", ["40", '452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])],
      [/^40/, '452-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])]],
    ["a binary part as base64 text", ["40", '451-["echo",{"_placeholder":true,"num":0}]', "bAQID"],
      [/^40/, '451-["echo",{"_placeholder":true,"num":0}]', Buffer.from([1, 2, 3])]],
    ["an empty binary part, deep inside", ["40", '451-["echo",{"a":[{"_placeholder":true,"num":0}]}]', Buffer.alloc(0)],
      [/^40/, '451-["echo",{"a":[{"_placeholder":true,"num":0}]}]', Buffer.alloc(0)]],
    ["binary with an id, acknowledged in binary", ["40", '451-8["echo",{"_placeholder":true,"num":0}]', Buffer.from([9])],
      [/^40/, '451-["echo",{"_placeholder":true,"num":0}]', Buffer.from([9]), '461-8[{"_placeholder":true,"num":0}]', Buffer.from([9])]],
    ["binary in another namespace with an id", ["40/custom,", '451-/custom,8["echo",{"_placeholder":true,"num":0}]', Buffer.from([9])],
      [/^40/, '451-/custom,["echo",{"_placeholder":true,"num":0}]', Buffer.from([9]), '461-/custom,8[{"_placeholder":true,"num":0}]', Buffer.from([9])]],
    ["ten binary parts", ["40", `4510-["echo",${Array.from({ length: 10 }, (_, i) => `{"_placeholder":true,"num":${i}}`)}]`, ...Array.from({ length: 10 }, (_, i) => Buffer.from([i]))],
      [/^40/, `4510-["echo",${Array.from({ length: 10 }, (_, i) => `{"_placeholder":true,"num":${i}}`)}]`, ...Array.from({ length: 10 }, (_, i) => Buffer.from([i]))]],
    ["numbers keep their value", ["40", '42["echo",9007199254740991,-1,0.5,1e300,-0.0]'], [/^40/, /^42\["echo",9007199254740991,-1,(0\.5|5E-1),1[eE]\+?300,-0(\.0|E0)?\]$/]],
    ["unknown and repeated acknowledgements are ignored", ["40", "43999[1]", "43999[1]", '42["echo",1]'], [/^40/, '42["echo",1]']],
    ["a name the server does not know", ["40", '42["nobody listens",1]', '42["echo",1]'], [/^40/, '42["echo",1]']],
    ["acknowledged once, though answered twice", ["40", '425["ack-twice"]', '426["echo"]'], [/^40/, "435[1]", '42["echo"]', "436[]"]],
    ["a server's own disconnect", ["40", '42["disconnect-me",{}]'], [/^40/, "41"]],
    ["a server's own disconnect of a namespace", ["40", "40/custom,", '42/custom,["disconnect-me",{}]', '42["echo"]'], [/^40/, /^40/, "41/custom,", '42["echo"]']],
    ["whitespace inside JSON", ["40", '42[ "echo" , 1 ]'], [/^40/, '42["echo",1]']],
    ["escapes in a name", ["40", '42["ech\\u006f",1]'], [/^40/, '42["echo",1]']],
  ];
  const same = (said, expected) => (expected instanceof RegExp ? assert.match(said, expected) : assert.deepEqual(said, expected));

  for (const [name, sent, expected] of vectors)
    test(`${name}, over WebSocket`, async () => {
      const frames = await Frames.open(port);
      for (const packet of sent) frames.send(typeof packet === "string" ? packet : Buffer.from(packet));
      for (const one of expected) same(await frames.message(), one);
      frames.destroy();
    });

  for (const [name, sent, expected] of vectors)
    test(`${name}, over polling`, async () => {
      const session = await Polling.open(port);
      const encode = (packet) => (typeof packet === "string" ? packet : "b" + packet.toString("base64"));
      await session.post(sent.map(encode).join(separator));
      const got = await session.collect(expected.length);
      expected.forEach((one, i) => same(got[i], one instanceof Buffer ? encode(one) : one));
    });

  test("an event right behind its CONNECT, in one segment", async () => {
    const session = await Polling.open(port);
    await session.post(["40", '42["echo",1]', "40/custom,", '42/custom,["echo",2]'].join(separator));
    const packets = await session.collect(4);
    assert.deepEqual([packets[1], packets[3]], ['42["echo",1]', '42/custom,["echo",2]']);
  });

  test("0x1E in a text is escaped, so that polls are not torn apart", async () => {
    const session = await Polling.open(port);
    await session.join();
    await session.post('42["echo","a\\u001eb"]');
    assert.match((await session.get()).text, /^42\["echo","a\\u001[eE]b"\]$/);
  });

  test("text beyond ASCII, beyond the BMP, with zeros and line separators", async () => {
    const text = "é ж 漢 😀 \u0000 \u2028 \u2029 \" \\ /";
    const frames = await join();
    frames.emit("echo", text);
    assert.deepEqual(await frames.event(), ["echo", text]);
    frames.destroy();
  });

  test("a binary acknowledgement from the client", async () => {
    const frames = await join();
    frames.emit("ask", 2000, "x");
    const question = await frames.message();
    const id = /^42(\d+)\["question","x"\]$/.exec(question)[1];
    frames.send(`461-${id}[{"_placeholder":true,"num":0}]`);
    frames.send(Buffer.from([5]));
    assert.equal(await frames.message(), '451-["answered",null,[{"_placeholder":true,"num":0}]]');
    assert.deepEqual(await frames.message(), Buffer.from([5]));
    frames.destroy();
  });
});

describe("ends the whole connection; the sockets learn forced close", () => {
  const placeholder = (num) => `451-["echo",{"_placeholder":true,"num":${num}}]`;
  const rows = [
    ["no type", ["4"]],
    ["an unknown type", ["47"]],
    ["a letter", ["4abc"]],
    ["CONNECT twice", ["40"]],
    ["CONNECT with an array", ["40/custom,[]"]],
    ["CONNECT with null", ["40/custom,null"]],
    ["CONNECT with a text", ['40/custom,"x"']],
    ["CONNECT with broken JSON", ["40/custom,{"]],
    ["CONNECT with something behind", ["40/custom,{}x"]],
    ["DISCONNECT with a payload", ["41[]"]],
    ["DISCONNECT of a namespace not joined", ["41/custom,"]],
    ["EVENT with an empty array", ["42[]"]],
    ["EVENT with an object", ["42{}"]],
    ["EVENT with a text", ['42"echo"']],
    ["EVENT with broken JSON", ['42["echo"']],
    ["EVENT with something behind", ['42["echo"]x']],
    ["EVENT with a name that is an object (CVE-2023-32695)", ['42[{"toString":"x"}]']],
    ["EVENT with a name that is null", ["42[null]"]],
    ["EVENT with a name that is true", ["42[true]"]],
    ["EVENT with a name that is an array", ['42[["echo"]]']],
    ...["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"].map((name) => [`EVENT with the reserved name ${name}`, [`42["${name}"]`]]),
    ["EVENT with a name over the limit", [`42["${"n".repeat(300)}"]`]],
    ["EVENT too deep", ['42["echo",' + "[".repeat(1500) + "]".repeat(1500) + "]"]],
    ["EVENT in a namespace not joined", ['42/custom,["echo"]']],
    ["EVENT in a namespace nobody has", ['42/random,["echo"]']],
    ["an id that is a space", ['42 ["echo"]']],
    ["an id that is negative", ['42-1["echo"]']],
    ["an id that is a fraction", ['421.5["echo"]']],
    ["an id that is too long", [`42${"9".repeat(400)}["echo"]`]],
    ["ACK with an object", ["430{}"]],
    ["CONNECT_ERROR from a client", ['44{"message":"x"}']],
    ["BINARY_EVENT without count", ['45["echo"]']],
    ["BINARY_EVENT without -", ['451["echo",{"_placeholder":true,"num":0}]']],
    ["BINARY_EVENT with count 0", ['450-["echo"]']],
    ["BINARY_EVENT with a negative count", ['45-1-["echo"]']],
    ["BINARY_EVENT with a fraction", ['451.5-["echo",{"_placeholder":true,"num":0}]']],
    ["BINARY_EVENT with 11 parts (CVE-2026-33151)", [`4511-["echo",${Array.from({ length: 11 }, (_, i) => `{"_placeholder":true,"num":${i}}`)}]`]],
    ["BINARY_EVENT with a huge count", ['4599999999999999999999-["echo"]']],
    ["a part that is out of range", [placeholder(1), Buffer.from([1])]],
    ["a part that is negative", [placeholder(-1), Buffer.from([1])]],
    ["a part that is a text (CVE-2022-2421)", [placeholder('"splice"'), Buffer.from([1])]],
    ["a part that is an object", [placeholder("{}"), Buffer.from([1])]],
    ["a part that is a fraction", [placeholder(0.5), Buffer.from([1])]],
    ["a part that is null", [placeholder("null"), Buffer.from([1])]],
    ["text where a part is due", [placeholder(0), '42["echo"]']],
    ["text of another namespace where a part is due", ["40/custom,", placeholder(0), '42/custom,["echo"]']],
    ["a part nobody announced", [Buffer.from([1])]],
    ["a part too many", [placeholder(0), Buffer.from([1]), Buffer.from([2])]],
    ["BINARY_ACK without parts", ["460-0[]"]],
    ["a namespace too long", [`40/${"n".repeat(100_000)}`]],
  ];
  for (const [name, sent] of rows)
    test(name, async () => {
      const frames = await join();
      for (const packet of sent) frames.send(packet);
      await frames.end();
      const told = await disconnected(frames.connected.sid);
      assert.equal(told.reason, "forced close");
    });

  for (const [name, sent] of rows.filter(([, sent]) => typeof sent[0] === "string" && sent.length === 1))
    test(`${name}, over polling`, async () => {
      const session = await Polling.open(port);
      await session.join();
      await session.post(sent[0]);
      const last = await session.get();
      if (last.status === 200) assert.equal((await session.get()).status, 400);
      assert.equal((await session.post("3")).status, 400);
    });

  test("an event before any CONNECT; after leaving; while a middleware decides", async () => {
    for (const sent of [['42["echo"]'], ["40", "41", '42["echo"]'], ["40", "40/custom,", "41/custom,", '42/custom,["echo"]'],
      ...(plain ? [] : [["40/later,", '42/later,["echo"]']]), ["43/custom,1[]"], ["41"]]) {
      const frames = await Frames.open(port);
      for (const packet of sent) frames.send(packet);
      await frames.end();
    }
  });

  test("what came before the bad packet was handled, what comes behind is not", async () => {
    const frames = await join();
    frames.send('42["echo",1]');
    frames.send("4x");
    frames.send('42["echo",2]');
    assert.deepEqual((await frames.end()).before, ['42["echo",1]']);
  });

  test("others on the server notice nothing", async () => {
    const other = await join();
    const bad = await join();
    bad.send("4x");
    await bad.end();
    assert.deepEqual(await other.call("echo", 1), [1]);
    other.destroy();
  });
});
