// docs/openapi.json and docs/asyncapi.json say what the server does: routes, statuses, members, events.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { Tickwire, fakeGraph, graphError, textMessage, until } from "../lib/programs.mjs";

const read = (name) => JSON.parse(readFileSync(new URL(`../../docs/${name}`, import.meta.url)));
const api = read("openapi.json");
const live = read("asyncapi.json");
let server, graph, ana;
before(async () => {
  graph = await fakeGraph(({ response, accept, body }) => (body.text.body === "fails" ? graphError(response, 131026) : accept()));
  server = await Tickwire.start({ graph: graph.url });
  ana = await server.login("Ana");
});
after(async () => {
  await server.kill();
  graph.close();
});

// What is wrong with a value, as a list of sentences. As much of JSON Schema as the two files use.
function faults(schema, value, where = "") {
  if (schema.$ref) return faults({ ...api.components.schemas[schema.$ref.split("/").at(-1)], open: schema.open }, value, where);
  if (schema.allOf) return schema.allOf.flatMap((part) => faults({ ...part, open: true }, value, where));
  if (schema.oneOf) return schema.oneOf.some((part) => faults(part, value, where).length === 0) ? [] : [`${where} fits none of its kinds: ${JSON.stringify(value)}`];
  if (schema.enum) return schema.enum.includes(value) ? [] : [`${where} is ${value}`];
  const kind = value === null ? "null" : Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value;
  const kinds = [schema.type ?? kind].flat();
  if (!kinds.includes(kind) && !(kind === "integer" && kinds.includes("number"))) return [`${where} is ${kind}`];
  if (kind === "array") return value.flatMap((item, i) => faults(schema.items ?? {}, item, `${where}[${i}]`));
  if (kind !== "object" || !schema.properties) return [];
  return [
    ...(schema.required ?? []).filter((name) => !(name in value)).map((name) => `${where}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, item]) => (schema.properties[name] ? faults(schema.properties[name], item, `${where}.${name}`) : schema.open ? [] : [`${where}.${name} is not documented`])),
  ];
}

test("every documented route exists, needs the session it says, and its problems are problems", async () => {
  assert.deepEqual((await server.get("/openapi.json")).body, api);
  for (const [path, methods] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const ask = (token) => server.request(method.toUpperCase(), path.replace("{id}", "nobody"), { token, body: method === "post" ? "{}" : undefined });
      const stranger = await ask(undefined);
      assert.equal(stranger.status === 401, !operation.security || path === "/webhook" && method === "post", `${method} ${path}: ${stranger.status}`);
      if (path === "/logout") continue;
      const answer = await ask(ana.token);
      assert.ok(operation.responses[answer.status], `${method} ${path} answers ${answer.status} ${answer.text}`);
      assert.notEqual(answer.body?.code, "not_found", path);
      const documented = Object.values(operation.responses[answer.status].content ?? {})[0]?.schema;
      if (documented && typeof answer.body === "object") assert.deepEqual(faults(documented, answer.body, `${method} ${path}`), []);
    }
});

test("messages, chats, contacts and events have the documented members and no others", async () => {
  const socket = await server.connected(ana.token);
  const folder = new URL("../fixtures/webhooks/", import.meta.url);
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".json"))) await server.webhook(readFileSync(new URL(name, folder)));
  await server.webhook(textMessage("wamid.doc", "15550000501", "hello"));
  await server.webhook(textMessage("wamid.doc.reaction", "15550000501", "", { type: "reaction", reaction: { message_id: "wamid.doc", emoji: "👍" } }));
  for (const text of ["works", "fails"]) await server.post("/send-message", { chatId: "15550000501", text }, ana.token);
  const rows = await until(async () => {
    const all = await server.messages(ana.token);
    return all.some((row) => row.status === "failed") && all.every((row) => row.status !== "sending") && all;
  }, "sent and failed");
  await server.post("/chats/15550000501/read", { upTo: 1e9 }, ana.token);
  await until(() => socket.named("read_mark").length, "the mark");
  const wrong = rows.flatMap((row) => faults({ $ref: "#/Message" }, row, row.id));
  for (const [path, name] of [["/chats", "Chat"], ["/contacts", "Contact"], ["/users", "Colleague"]])
    for (const row of (await server.get(`${path}?limit=200`, ana.token)).body[path.slice(1)]) wrong.push(...faults({ $ref: `#/${name}` }, row, path));
  const documented = live.channels.serverToClient.messages;
  for (const { name, data } of socket.events) wrong.push(...(documented[name] ? faults(documented[name].payload, data, name) : [`${name} is not documented`]));
  assert.deepEqual(wrong, []);
  assert.ok(["new_message", "message_status_update", "message_update", "contact_update", "chat_update", "read_mark", "sync"].every((name) => socket.named(name).length > 0), "every logged event was seen");
  socket.disconnect();
});
