// The same inputs to Node's socket.io and to this library: what Node makes of a text is the measure, but where a row says why ours
// is stricter.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Server } from "socket.io";
import { start } from "./lib/server.mjs";
import { Frames, Polling } from "./lib/wire.mjs";

let ours, node, io;
before(async () => {
  ours = await start("feature_server");
  node = createServer().listen(0, "127.0.0.1");
  await once(node, "listening");
  io = new Server(node);
  io.of("/said").on("connection", (socket) =>
    socket.onAny((name, ...args) => {
      const ack = typeof args.at(-1) === "function" ? args.pop() : undefined;
      socket.emit("heard", String(name), args);
      ack?.(args.length);
    }));
});
after(async () => {
  io.disconnectSockets(true);
  node.closeAllConnections();
  await io.close();
  await ours.stop();
});

const nested = (depth) => "[".repeat(depth) + "]".repeat(depth);
const name = "n".repeat(256);
// [what stands behind the namespace, what precedes it (the type, "2"), why ours ends the connection]. Not here: numbers of more than
// 19 digits, whose last digit our parser may round otherwise.
const digits = "ids are digits, at most 15", limit = "a limit with a name";
const rows = [
  // Texts that JavaScript makes: half an emoji, as JSON.stringify() writes it.
  ['["a\\ud83d"]'], ['["a","\\ud83d"]'], ['["a","\\ude00\\ud83d"]'], ['["a","\\ud83d\\ude00"]'], ['["a","\\ud83d\\ud83d\\ude00"]'], ['["a","\\ud83dx\\ude00"]'], ['["a","\\uD83D\\u0041"]'],
  ['["\\ud83d",1]'], ['["a",{"\\ud800":{"\\udfff":["\\udbff"]}}]'], ['["a","\\\\ud83d"]'], ['["a","\\\\\\ud83d"]'], ['["a","\\u0000\\u001f\\u007f\\u2028\\ufeff"]'], ['["a","\\b\\f\\n\\r\\t\\/\\"\\\\"]'],
  ['["a","\\ud83d]'], ['["a","\\ud83"]'], ['["a","\\u"]'], ['["a","\\x41"]'], ['["a","\\v"]'], ['["a","\t"]'], ['["a","é漢😀"]'],
  // Names of events.
  ['[1,"x"]'], ["[0]"], ["[-0]"], ["[-1.5]"], ["[1e21]"], ["[1e20]"], ["[1e-7]"], ["[0.000001]"], ["[1.5e300]"], ["[9007199254740993]"], ["[12345678901234567890]"], ["[1,2,3]", "27"],
  ['[""]'], ['["\\u0000"]'], ['["error",1]'], ['["message"]'], ['["connection"]'], ['["__proto__",1]'], ['["constructor"]'], ['["toString"]'], [`["${name}"]`], [`["${name}n"]`, "2", limit],
  ["[null]"], ["[true]"], ["[false]"], ["[{}]"], ['[["a"]]'], ["[]"], ['["connect"]'], ['["connect_error"]'], ['["disconnect"]'], ['["disconnecting"]'], ['["newListener"]'], ['["removeListener"]'],
  // JSON.
  [`["a",${nested(31)}]`], [`["a",${nested(32)}]`], [`["a",${nested(100)}]`], [`["a",${nested(999)}]`], [`["a",${nested(1000)}]`, "2", limit], [`["a",${'{"k":'.repeat(500)}1${"}".repeat(500)}]`],
  ['["a" ,  1 ] '], ['["a",\n1]\n'], ['["a",1]x'], ['["a",1]]'], ['["a"'], ['["a",'], ['["a",]'], ['["a",,1]'], ['["a",01]'], ['["a",1.]'], ['["a",.5]'], ['["a",+1]'], ['["a",-]'], ["['a']"], ['["a",NaN]'], ['["a",Infinity]'],
  ['["a",undefined]'], ['["a",nul]'], ['["a",1e400,-1e400]'], ['["a",-0]'], ['["a",0.1,1e3,1E-2]'], ['["a",12345678901234567890]'], ['["a",{"k":1,"k":2}]'],
  ['["a",{"__proto__":{"x":1}}]'], ['["a",{"k":1,}]'], ['["a",{k:1}]'], ['["a"/* */]'], ["{}"], ["null"], ['"a"'], ["1"], ['{"0":"a"}'], ["\ufeff[1]", "2", digits],
  // Alone.
  [""], ["", "27"], ["", "3"], ["", "30"], ["", "3999"], ["[1]", "3"], ["[1]", "30"], ["[]", "31"], ["{}", "31"], ["x", "3"], ["null", "31"], ['"x"', "31"], ["[1]", "3123456789012345"],
  // Acknowledgements asked for.
  ['["a",1]', "21"], ['["a"]', "20"], ['["a"]', "2007"], ['["a"]', "2999999999999999"], ['["a"]', "29999999999999999", digits], ["[1]", "399999999999999999999", digits], ['["a"]', "2x"], ['["a"]', "2-1"], ['["a"]', "2+1"], ['["a"]', "2.5"], ['["a"]', "2 ", digits], ['["a"]', "2\n", digits], ['["a"]', "21 ", digits],
  // Parts.
  ['["a",{"_placeholder":false,"num":0}]'], ['["a",{"_placeholder":1,"num":0}]'], ['["a",{"_placeholder":true,"num":0}]', "2", "what poses as a part without one is taken for none by nobody"], ['["a"]', "5"], ['["a"]', "50-"], ['["a"]', "51-"], ['["a"]', "5-"], ['["a"]', "511-"], ['["a"]', "5x-"], ['["a"]', "5-1-"],
  ['["a",{"_placeholder":true,"num":1}]', "51-"], ['["a",{"_placeholder":true,"num":-1}]', "51-"], ['["a",{"_placeholder":true,"num":"0"}]', "51-"], ['["a",{"_placeholder":true}]', "51-"], ['["a",{"_placeholder":true,"num":null}]', "51-"], ["[1]", "61-"],
  // Other types.
  ["", "1x"], ["{}", "1"], ["[]", "1"], ["", "0"], ["{}", "0"], ["", "4"], ['{"message":"x"}', "4"], ['"x"', "4"], ["", "6"], ["", "7"], ["", "x"],
];

// The type and what belongs to it stand before the namespace, an id behind it.
function packet(before, behind) {
  const [, type, attachments, id] = /^(.)((?:[\dx]*-)*)([^]*)$/.exec(before);
  return `4${type}${attachments}/said,${id}${behind}`;
}
// JavaScript's text as UTF-8 has it.
const wellFormed = (value) => typeof value === "string" ? value.toWellFormed()
  : Array.isArray(value) ? value.map(wellFormed)
  : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key.toWellFormed(), wellFormed(one)]))
  : value;
const read = (message) => {
  const [, head, json] = /^(4\d+(?:\/said,)?\d*)(.*)$/s.exec(message);
  try {
    return [head, json && wellFormed(JSON.parse(json))];
  } catch {
    return [message, ""];
  }
};

// What a server makes of it: the messages that come of it, and whether the connection lives.
async function made(port, input) {
  const frames = await Frames.open(port);
  frames.send("40/said,");
  await frames.text();
  frames.send(input);
  const heard = [];
  if (/^4[56]/.test(input)) frames.send(Buffer.from([1])); // its part
  frames.send('42/said,["after"]');
  for (;;) {
    const message = await frames.message().catch((error) => {
      if (error.opcode === 8 || frames.wire.ended) return null;
      throw error;
    });
    if (message === null) return { lives: false, heard };
    const got = typeof message === "string" ? read(message) : message.toString("hex");
    if (got[1]?.[1] === "after") break;
    heard.push(got);
  }
  frames.destroy();
  return { lives: true, heard };
}

test("the table runs through both", async () => {
  const wrong = [];
  for (const [behind, before = "2", stricter] of rows) {
    const input = packet(before, behind);
    const theirs = await made(node.address().port, input), mine = await made(ours.port, input);
    const nameless = /^2\d*$/.test(before + behind); // Node tells onAny() of an event called undefined
    const parts = /^[56]/.test(before); // that no argument names: only ours hands them on
    try {
      if (stricter) assert.deepEqual([theirs.lives, mine.lives], [true, false], stricter);
      else if (nameless) assert.deepEqual([theirs.lives, mine], [true, { lives: true, heard: [] }]);
      else if (parts) assert.equal(mine.lives, theirs.lives);
      else if (theirs.lives) assert.deepEqual(mine, theirs);
      else assert.deepEqual(mine, { lives: false, heard: [] });
    } catch (error) {
      wrong.push(`${input.slice(0, 80)}: ours ${JSON.stringify(mine).slice(0, 200)}, Node's ${JSON.stringify(theirs).slice(0, 200)}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(rows.length > 120, `${rows.length}`);
});

test("an acknowledgement without arguments is one", async () => {
  const frames = await Frames.join(ours.port);
  frames.emit("ask", 5000, "x");
  const question = await frames.text();
  const [, id] = /^42(\d+)\["question"/.exec(question);
  frames.send(`43${id}`);
  assert.deepEqual(await frames.heard("answered"), [null, []]);
  assert.deepEqual(await frames.call("echo", 1), [1]);
  frames.destroy();
});

test("a polled body that is no UTF-8 is read as Node reads it", async () => {
  for (const bytes of [[0xff], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf0, 0x9f, 0x91]]) {
    const all = [];
    for (const port of [node.address().port, ours.port]) {
      const session = await Polling.open(port);
      await session.join("/said");
      await session.post(Buffer.concat([Buffer.from('42/said,["a","'), Buffer.from(bytes), Buffer.from('x"]')]));
      all.push((await session.packets())[0]);
      await session.post("1");
    }
    assert.equal(all[1], all[0]);
    assert.match(all[1], /\ufffdx/);
  }
});
