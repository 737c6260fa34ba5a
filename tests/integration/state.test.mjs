// State by events equals state by reload: the page's own session hears a random story, with cut lines and killed servers, and
// holds in the end what the server answers to somebody who loads everything now. STATE_SEED repeats a run, STATE_STEPS makes it long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "../lib/page_session.mjs";
import { Tickwire, fakeGraph, graphError, statusUpdate, textMessage, until } from "../lib/programs.mjs";

const seed = Number(process.env.STATE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const steps = Number(process.env.STATE_STEPS ?? 120);
let state = seed;
const random = (below) => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
};
const pick = (list) => list[random(list.length)];
const now = () => Math.floor(Date.now() / 1000);

// What a page holds that no answer has, and what answers say by null.
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([name, item]) => name !== "asOf" && item !== null && item !== undefined && item !== false).map(([name, item]) => [name, plain(item)]).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function everything(server, login) {
  const chats = [];
  for (let before; ; ) {
    const page = await server.get(`/chats?limit=100${before === undefined ? "" : `&before=${before}`}`, login.token);
    chats.push(...page.body.chats);
    if (!page.body.hasMore) break;
    before = chats.at(-1).activity;
  }
  const messages = {};
  for (const chat of chats) messages[chat.id] = await server.messages(login.token, chat.id);
  return { chats, messages };
}

test(`a page that only hears has what a page that loads gets (STATE_SEED=${seed})`, { timeout: 300_000 }, async () => {
  const graph = await fakeGraph((call) => (random(8) === 0 ? graphError(call.response, 131026) : call.accept()));
  const server = await Tickwire.start({ graph: graph.url });
  const [ana, ben] = [await server.login("Ana"), await server.login("Ben")];
  const { session, cut } = await openPage(server, ana);
  await until(() => session.getState().inbox.loaded, "the page");

  const people = Array.from({ length: 5 }, (_, i) => `1555600000${i}`);
  const wamids = [], late = [];
  const hook = (body) => server.webhook(body).catch(() => null); // Meta would repeat it; the story goes on
  const history = (from, id) => ({ object: "whatsapp_business_account", entry: [{ id: "1", changes: [{ field: "history", value: { messaging_product: "whatsapp", metadata: { display_phone_number: "15550001000", phone_number_id: "100000000000001" }, history: [{ metadata: { phase: 0, chunk_order: 1, progress: 1 }, threads: [{ id: from, messages: [{ from, id, timestamp: String(now() - 86_400 * (1 + random(90))), type: "text", text: { body: `old ${id}` }, history_context: { status: "READ" } }] }] }] } }] }] });

  for (let i = 0; i < steps; i++) {
    const from = pick(people);
    const wamid = `wamid.s${i}`;
    switch (random(14)) {
      case 0: await server.post("/send-message", { receiverId: `+${from}`, text: `ours ${i}` }, pick([ana, ben]).token).catch(() => null); break;
      case 1: await hook(statusUpdate(pick([...graph.ledger.map((_, n) => `wamid.x${n}`), ...wamids, "wamid.nobody"]), pick(["sent", "delivered", "read", "failed"]))); break;
      case 2: await hook(textMessage(wamid, from, "", { type: "reaction", reaction: { message_id: pick([...wamids, "wamid.s5"]), emoji: pick(["👍", ""]) } })); break;
      case 3: await hook(history(from, `wamid.h${i}`)); break;
      case 4: await server.post("/contacts", { phone: `+1555700${String(random(8)).padStart(4, "0")}`, name: pick(["", `Named ${i}`]) }, ben.token).catch(() => null); break;
      case 5: {
        const { body } = await server.get("/chats", ben.token).catch(() => ({ body: {} }));
        const chat = body?.chats?.length ? pick(body.chats) : null;
        if (chat?.lastMessage?.seq > 0) await server.post(`/chats/${chat.id}/read`, { upTo: chat.lastMessage.seq - random(3) }, pick([ana, ben]).token).catch(() => null);
        break;
      }
      case 6: if (random(3) === 0) cut(); break;
      case 7: if (random(6) === 0) { await server.kill(); await server.launch(); } break;
      case 8: await hook(textMessage(wamid, from, "", { type: "system", system: { type: "customer_identity_changed", body: "changed" } })); break;
      case 9: // first only that there is a message, later what is in it
        if (late.length === 0 || random(2)) {
          late.push([wamid, from]);
          await hook(textMessage(wamid, from, "", { type: "unsupported", text: undefined, errors: [{ code: 131060 }] }));
        } else await hook(textMessage(...pick(late), `late ${i}`));
        break;
      default: {
        await hook(textMessage(wamid, from, `text ${i}`, { timestamp: String(now() - random(100)), ...(random(4) === 0 && { context: { from, id: pick([...wamids, `wamid.s${i + 3}`]) } }), ...(random(5) === 0 && { referral: { source_type: "ad", source_id: "1" } }) }));
        wamids.push(wamid);
      }
    }
    if (random(10) === 0) {
      const open = pick(people);
      if (session.getState().inbox.chats[open]) { session.viewing(open); await session.loadChat(open); }
    }
  }

  const shown = () => session.getState().inbox;
  let difference = "";
  const same = async () => {
    if (session.getState().line.line !== "live") return false;
    const { chats, messages } = await everything(server, ana);
    try {
      const inbox = shown();
      assert.deepEqual(Object.values(inbox.chats).sort((a, b) => b.activity - a.activity).map(plain), chats.map(plain));
      for (const [id, list] of Object.entries(inbox.lists)) assert.deepEqual(list.items.map(plain), messages[id].slice(-list.items.length).map(plain));
      return true;
    } catch (error) {
      difference = error.message;
      return false;
    }
  };
  await until(same, "the same state", { timeout: 30_000 }).catch(() => assert.fail(`STATE_SEED=${seed}\n${difference}`));
  assert.ok(Object.keys(shown().chats).length > 3);
  session.stop();
  await server.kill();
  graph.close();
});
