// The cases of the Autobahn test suite (github.com/crossbario/autobahn-testsuite, its groups 1 to 7, 9 and 10) as a table of
// our own, since the suite itself needs Python 2. Their numbers are its numbers. Engine.IO puts a "4" before each text.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./lib/server.mjs";
import { binary, close, continuation, Frames, frameBytes, ping, pong, text } from "./lib/wire.mjs";

const path = "/engine.io/";
let server;
before(async () => (server = await start("feature_server", "engine", "--path", path, "--max-payload", "5000000", "--max-queued-bytes", "8000000")));
after(() => server.stop());

const bytes = (hex) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const said = (payload) => Buffer.concat([Buffer.from("4"), Buffer.from(payload)]);
const code = (number, reason = "") => Buffer.concat([Buffer.from([number >> 8, number & 255]), Buffer.from(reason)]);

// What is sent.
const t = (payload, options) => [said(payload), { opcode: text, ...options }];
const b = (payload, options) => [Buffer.from(payload), { opcode: binary, ...options }];
const more = (payload, options) => [Buffer.from(payload), { opcode: continuation, ...options }];
const pinged = (payload = "", options) => [Buffer.from(payload), { opcode: ping, ...options }];
const ponged = (payload = "", options) => [Buffer.from(payload), { opcode: pong, ...options }];
const goodbye = (payload = "", options) => [Buffer.from(payload), { opcode: close, ...options }];
const open = { fin: false };
// A message in pieces of that size; what an echo sends back is whole.
const pieces = (kind, payload, size) => {
  const all = Buffer.from(payload);
  const parts = [];
  for (let at = 0; at < all.length || at === 0; at += size) parts.push(all.subarray(at, at + size));
  return parts.map((part, i) => (i === 0 ? (kind === text ? t : b) : more)(part, { fin: i === parts.length - 1 }));
};

// What comes back.
const T = (payload) => ({ opcode: text, payload: said(payload) });
const B = (payload) => ({ opcode: binary, payload: Buffer.from(payload) });
const P = (payload = "") => ({ opcode: pong, payload: Buffer.from(payload) });
const C = (number) => ({ opcode: close, payload: number === 1005 ? Buffer.alloc(0) : code(number) });

const cases = [];
// `chop`: how many bytes go in one write. Without an end among the answers the client says goodbye, and is answered.
const add = (id, sent, answers, chop = 0) => cases.push({ id, sent, answers, chop });
const broken = (id, sent, before = [], number = 1002, chop = 0) => add(id, sent, [...before, C(number)], chop);

// 1: messages of all lengths
for (const [group, send, back] of [["1.1", t, T], ["1.2", b, B]]) {
  [0, 125, 126, 127, 128, 65535, 65536].forEach((length, i) => add(`${group}.${i + 1}`, [send("*".repeat(length))], [back("*".repeat(length))]));
  add(`${group}.8`, [send("*".repeat(65536))], [back("*".repeat(65536))], 997);
}
// 2: pings and pongs
add("2.1", [pinged()], [P()]);
add("2.2", [pinged("Hello, world!")], [P("Hello, world!")]);
add("2.3", [pinged(bytes("00fffefdfcfb00ff"))], [P(bytes("00fffefdfcfb00ff"))]);
add("2.4", [pinged(Buffer.alloc(125, 0xfe))], [P(Buffer.alloc(125, 0xfe))]);
broken("2.5", [pinged(Buffer.alloc(126, 0xfe))]);
add("2.6", [pinged(Buffer.alloc(125, 0xfe))], [P(Buffer.alloc(125, 0xfe))], 1);
add("2.7", [ponged()], []);
add("2.8", [ponged("unsolicited pong payload")], []);
add("2.9", [ponged("unsolicited pong payload"), pinged("ping payload")], [P("ping payload")]);
const ten = Array.from({ length: 10 }, (_, i) => `payload-${i}`);
add("2.10", ten.map((one) => pinged(one)), ten.map(P));
add("2.11", ten.map((one) => pinged(one)), ten.map(P), 1);
// 3: reserved bits
broken("3.1", [t("Hello, world!", { rsv: 1 })]);
broken("3.2", [t("Hello, world!"), t("Hello, world!", { rsv: 2 }), pinged()], [T("Hello, world!")]);
broken("3.3", [t("Hello, world!"), t("Hello, world!", { rsv: 3 }), pinged()], [T("Hello, world!")], 1002, 21);
broken("3.4", [t("Hello, world!"), t("Hello, world!", { rsv: 4 }), pinged()], [T("Hello, world!")], 1002, 1);
broken("3.5", [b(bytes("00fffefdfcfb00ff"), { rsv: 5 })]);
broken("3.6", [pinged("Hello, world!", { rsv: 6 })]);
broken("3.7", [goodbye("", { rsv: 7 })]);
// 4: reserved opcodes
for (const [group, first] of [["4.1", 3], ["4.2", 11]]) {
  broken(`${group}.1`, [t("", { opcode: first })]);
  broken(`${group}.2`, [t("reserved opcode payload", { opcode: first + 1 })]);
  broken(`${group}.3`, [t("Hello, world!"), t("", { opcode: first + 2 }), pinged()], [T("Hello, world!")]);
  broken(`${group}.4`, [t("Hello, world!"), t("reserved opcode payload", { opcode: first + 3 }), pinged()], [T("Hello, world!")]);
  broken(`${group}.5`, [t("Hello, world!"), t("reserved opcode payload", { opcode: first + 4 }), pinged()], [T("Hello, world!")], 1002, 1);
}
// 5: fragments
const [one, two] = ["fragment1", "fragment2"];
broken("5.1", [pinged(one, open), more(two)]);
broken("5.2", [ponged(one, open), more(two)]);
const whole = [T(one + two)];
[0, 16, 1].forEach((chop, i) => add(`5.${3 + i}`, [t(one, open), more(two)], whole, chop));
[0, 16, 1].forEach((chop, i) => add(`5.${6 + i}`, [t(one, open), pinged("ping payload"), more(two)], [P("ping payload"), ...whole], chop));
[0, 30, 1].forEach((chop, i) => broken(`5.${9 + i}`, [more("non-continuation payload"), t("Hello, world!")], [], 1002, chop));
[0, 30, 1].forEach((chop, i) => broken(`5.${12 + i}`, [more("non-continuation payload", open), t("Hello, world!")], [], 1002, chop));
broken("5.15", [t(one, open), more(two), more("fragment3", open), t("fragment4")], whole);
broken("5.16", [more(one, open), t(two, open), more("fragment3")]);
broken("5.17", [more(one), t(two, open), more("fragment3")]);
broken("5.18", [t(one, open), t(two)]);
const five = [t("fragment1", open), more("fragment2", open), pinged("pongme 1!"), more("fragment3", open), more("fragment4", open), pinged("pongme 2!"), more("fragment5")];
[0, 16].forEach((chop, i) => add(`5.${19 + i}`, five, [P("pongme 1!"), P("pongme 2!"), T("fragment1fragment2fragment3fragment4fragment5")], chop));
// 6: UTF-8
add("6.1.1", [t("")], [T("")]);
add("6.1.2", [t("", open), more("", open), more("")], [T("")]);
add("6.1.3", [t("", open), more("middle frame payload", open), more("")], [T("middle frame payload")]);
const hello = Buffer.from("Hello-µ@ßöäüàá-UTF-8!!");
add("6.2.1", [t(hello)], [T(hello)]);
add("6.2.2", [t(hello.subarray(0, 12), open), more(hello.subarray(12))], [T(hello)]);
add("6.2.3", pieces(text, hello, 1), [T(hello)]);
add("6.2.4", pieces(text, "κόσμε", 1), [T("κόσμε")]);
const kosme = Buffer.from("κόσμε"), edited = Buffer.from("edited");
const bad = Buffer.concat([kosme, bytes("eda080"), edited]);
broken("6.3.1", [t(bad)], [], 1007);
broken("6.3.2", pieces(text, bad, 1), [], 1007);
broken("6.4.1", [t(kosme, open), more(bytes("f4908080"), open), more(edited)], [], 1007);
broken("6.4.2", [t(Buffer.concat([kosme, bytes("f4")]), open), more(bytes("90"), open), more(bytes("8080"))], [], 1007);
broken("6.4.3", [t(Buffer.concat([kosme, bytes("f4908080"), edited]))], [], 1007, 13);
broken("6.4.4", [t(Buffer.concat([kosme, bytes("f4908080"), edited]))], [], 1007, 1);

const groups = {
  // group: [is it UTF-8, the bytes of each case]
  "6.5": [true, ["cebae1bdb9cf83cebcceb5", "48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121", "f09f918d", "e282ac", "24"]],
  "6.6": [null, ["ce", "ceba", "cebae1", "cebae1bd", "cebae1bdb9", "cebae1bdb9cf", "cebae1bdb9cf83", "cebae1bdb9cf83ce", "cebae1bdb9cf83cebc", "cebae1bdb9cf83cebcce", "cebae1bdb9cf83cebcceb5"]],
  "6.7": [true, ["00", "c280", "e0a080", "f0908080"]],
  "6.8": [false, ["f888808080", "fc8480808080"]],
  "6.9": [true, ["7f", "dfbf", "efbfbf", "f48fbfbf"]],
  "6.10": [false, ["f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"]],
  "6.11": [null, ["ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "f4908080"]],
  "6.12": [false, ["80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80", "80bf80bf80bf", Array.from({ length: 64 }, (_, i) => (0x80 + i).toString(16)).join("")]],
  "6.13": [false, [[0xc0, 32], [0xe0, 16], [0xf0, 8], [0xf8, 4], [0xfc, 2]].map(([from, count]) => Array.from({ length: count }, (_, i) => (from + i).toString(16) + "20").join(""))],
  "6.14": [false, ["c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"]],
  "6.15": [false, ["c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf"]],
  "6.16": [false, ["fe", "ff", "fefeffff"]],
  "6.17": [false, ["c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"]],
  "6.18": [false, ["c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"]],
  "6.19": [false, ["c080", "e08080", "f0808080", "f880808080", "fc8080808080"]],
  "6.20": [false, ["eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"]],
  "6.21": [false, ["eda080edb080", "eda080edbfbf", "edadbfedb080", "edadbfedbfbf", "edae80edb080", "edae80edbfbf", "edafbfedb080", "edafbfedbfbf"]],
  "6.22": [true, Array.from({ length: 34 }, (_, i) => Buffer.from(String.fromCodePoint((i >> 1) * 0x10000 + 0xfffe + (i & 1))).toString("hex"))],
  "6.23": [true, ["efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbe", "efbfbf"]],
};
for (const [group, [valid, all]] of Object.entries(groups))
  all.forEach((hex, i) => {
    const payload = bytes(hex);
    // Where the group has both, the decoder of the standard decides.
    const is = valid ?? (() => { try { return !!new TextDecoder("utf-8", { fatal: true }).decode(payload); } catch { return false; } })();
    is ? add(`${group}.${i + 1}`, [t(payload)], [T(payload)]) : broken(`${group}.${i + 1}`, [t(payload)], [], 1007);
    // Not among Autobahn's: the same, each byte a fragment.
    is ? add(`${group}.${i + 1} in fragments`, pieces(text, payload, 1), [T(payload)]) : broken(`${group}.${i + 1} in fragments`, pieces(text, payload, 1), [], 1007);
  });
// 7: the end
add("7.1.1", [t("Hello World!"), goodbye(code(1000))], [T("Hello World!"), C(1000)]);
add("7.1.2", [goodbye(code(1000)), goodbye(code(1000))], [C(1000)]);
add("7.1.3", [goodbye(code(1000)), pinged()], [C(1000)]);
add("7.1.4", [goodbye(code(1000)), t("Hello World!")], [C(1000)]);
add("7.1.5", [t(one, open), goodbye(code(1000)), more(two)], [C(1000)]);
add("7.1.6", [t("BAsd7&jh23".repeat(26_214)), goodbye(code(1000)), pinged()], [T("BAsd7&jh23".repeat(26_214)), C(1000)]);
add("7.3.1", [goodbye()], [C(1005)]);
broken("7.3.2", [goodbye("a")]);
add("7.3.3", [goodbye(code(1000))], [C(1000)]);
add("7.3.4", [goodbye(code(1000, "Hello World!"))], [C(1000)]);
add("7.3.5", [goodbye(code(1000, "*".repeat(123)))], [C(1000)]);
broken("7.3.6", [goodbye(code(1000, "*".repeat(124)))]);
broken("7.5.1", [goodbye(Buffer.concat([code(1000), bad]))], [], 1007);
[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].forEach((number, i) => add(`7.7.${i + 1}`, [goodbye(code(number))], [C(number)]));
[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].forEach((number, i) => broken(`7.9.${i + 1}`, [goodbye(code(number))]));
[5000, 65535].forEach((number, i) => broken(`7.13.${i + 1}`, [goodbye(code(number))]));
// 9: much. Sizes to 4 MB, as far as the limit of this server goes, and a hundred messages instead of a thousand.
for (const [group, kind, back] of [["9.1", text, T], ["9.2", binary, B]])
  [65_536, 262_144, 1_048_576, 4_194_304].forEach((length, i) => add(`${group}.${i + 1}`, [(kind === text ? t : b)("*".repeat(length))], [back("*".repeat(length))]));
for (const [group, kind, back] of [["9.3", text, T], ["9.4", binary, B]])
  [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576].forEach((size, i) => add(`${group}.${i + 1}`, pieces(kind, "*".repeat(1_048_576), size), [back("*".repeat(1_048_576))]));
for (const [group, kind, back] of [["9.5", t, T], ["9.6", b, B]])
  [64, 128, 256, 512, 1024, 2048].forEach((chop, i) => add(`${group}.${i + 1}`, [kind("*".repeat(131_072))], [back("*".repeat(131_072))], chop));
for (const [group, kind, back] of [["9.7", t, T], ["9.8", b, B]])
  [0, 16, 64, 256, 1024, 4096].forEach((length, i) => add(`${group}.${i + 1}`, Array(100).fill(kind("*".repeat(length))), Array(100).fill(back("*".repeat(length)))));
// 10: a message in fragments of a size that does not divide it
add("10.1.1", pieces(text, "*".repeat(65_536), 1300), [T("*".repeat(65_536))]);

async function run({ id, sent, answers, chop }) {
  const frames = await Frames.open(server.port, { path });
  const all = Buffer.concat(sent.map(([payload, options]) => frameBytes(payload, options)));
  if (!chop) frames.wire.write(all);
  else for (let at = 0; at < all.length; at += chop) frames.wire.write(all.subarray(at, at + chop));
  for (const [i, expected] of answers.entries()) {
    const got = await frames.frame().catch((error) => assert.fail(`${id}: answer ${i}: ${error.message}`));
    assert.deepEqual([got.fin, got.rsv, got.opcode], [true, 0, expected.opcode], `${id}: answer ${i}: ${got.payload.toString("latin1").slice(0, 80)}`);
    assert.ok(got.payload.equals(expected.payload), `${id}: answer ${i}: ${got.payload.toString("hex").slice(0, 80)}`);
  }
  if (answers.at(-1)?.opcode !== close) {
    frames.send(code(1000), { opcode: close });
    const end = await frames.frame();
    assert.deepEqual([end.opcode, end.payload.toString("hex")], [close, "03e8"], `${id}: the end`);
  }
  await frames.wire.closed;
  assert.equal(frames.wire.buffer.length, 0, `${id}: nothing after the end`);
}

test("the table is as long as the suite", () => {
  assert.ok(cases.length >= 250, `${cases.length}`);
  assert.equal(new Set(cases.map(({ id }) => id)).size, cases.length);
});
for (const group of ["1", "2", "3", "4", "5", "6", "7", "9", "10"])
  test(`Autobahn, group ${group}`, async () => {
    const mine = cases.filter(({ id }) => id.startsWith(group + "."));
    assert.ok(mine.length > 0);
    for (let at = 0; at < mine.length; at += 16) await Promise.all(mine.slice(at, at + 16).map(run));
  });
