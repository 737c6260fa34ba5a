// All that the page knows, and how each event changes it. Pure: no connection, no clock, no storage.
import { addHistory, addMessages, changeMessage, emptyList, joinMessage, joinStatus, joinUpdate, type MessageList } from "@/state/messageList";
import type { Chat, Colleague, LiveEvent, Message } from "@/types/wire";

export interface Inbox {
  chats: Readonly<Record<string, Chat>>;
  hasMoreChats: boolean;
  chatsDownTo: number | null; // activity of the last chat of the pages we have
  loaded: boolean; // the first page of chats is here
  lists: Readonly<Record<string, MessageList>>; // of chats that were opened
  users: Readonly<Record<string, Colleague>>;
  typing: Readonly<Record<string, readonly string[]>>; // chat → colleagues who write there
  viewing: Readonly<Record<string, string | null>>; // colleague → chat
  contacts: Readonly<Record<string, string>>; // names told since the page was opened
  merged: Readonly<Record<string, string>>; // chats that became part of another
}

export const emptyInbox: Inbox = { chats: {}, hasMoreChats: false, chatsDownTo: null, loaded: false, lists: {}, users: {}, typing: {}, viewing: {}, contacts: {}, merged: {} };

const unreadCap = 1000; // counted up to here, as the server does

// The server's order: newest activity first. What waits to be sent is newer than all.
export function chatsInOrder(inbox: Inbox, waiting: ReadonlySet<string> = new Set()): Chat[] {
  const waits = (chat: Chat) => (waiting.has(chat.id) ? 1 : 0);
  return Object.values(inbox.chats).sort((a, b) => waits(b) - waits(a) || b.activity - a.activity);
}

export function unreadTotal(inbox: Inbox): number {
  return Object.values(inbox.chats).reduce((sum, chat) => sum + (chat.unread > 0 ? 1 : 0), 0);
}

function withChat(inbox: Inbox, chat: Chat): Inbox {
  return { ...inbox, chats: { ...inbox.chats, [chat.id]: chat } };
}

function changeList(inbox: Inbox, chatId: string, change: (list: MessageList) => MessageList): Inbox {
  const list = inbox.lists[chatId];
  if (!list) return inbox;
  const changed = change(list);
  return changed === list ? inbox : { ...inbox, lists: { ...inbox.lists, [chatId]: changed } };
}

// The chat that an event is about; a contact's is that with them.
export const chatOf = (event: LiveEvent): string => (event.name === "contact_update" ? event.data.contactId : event.data.chatId);

function changeLast(chat: Chat, messageId: string, change: (known: Message) => Message): Chat {
  return chat.lastMessage?.id === messageId ? { ...chat, lastMessage: change(chat.lastMessage) } : chat;
}

// As it stands with this message in it, which may be there already.
function withMessage(chat: Chat, message: Message): Chat {
  const last = chat.lastMessage;
  const isNewer = !last || message.seq > last.seq;
  return {
    ...chat,
    lastMessage: isNewer ? message : last.id === message.id ? joinMessage(last, message) : last,
    activity: chat.activity === 0 ? message.seq : Math.max(chat.activity, message.seq), // 0: nothing yet
  };
}

// Two chats are one: what is known of both is loaded anew, see InboxSession.
function onMerged(inbox: Inbox, from: string, into: string, seq: number): Inbox {
  const { [from]: _chat, ...chats } = inbox.chats;
  const { [from]: _name, ...contacts } = inbox.contacts;
  const { [from]: _list, [into]: list, ...others } = inbox.lists;
  void [_chat, _name, _list];
  const lists = list && list.asOf >= seq ? { ...others, [into]: list } : others;
  return leadsTo({ ...inbox, chats, contacts, lists }, from, into);
}

// What an id leads to leads nowhere itself, so that no way is a circle: ids may come back.
function leadsTo(inbox: Inbox, from: string, into: string): Inbox {
  const { [into]: _itself, ...merged } = inbox.merged;
  void _itself;
  return { ...inbox, merged: from === into ? merged : { ...merged, [from]: into } };
}

// The chat that an id leads to now.
export function presentChat(inbox: Inbox, chatId: string): string {
  for (let into = inbox.merged[chatId]; into !== undefined; into = inbox.merged[chatId]) chatId = into;
  return chatId;
}

function changeChat(chat: Chat, event: LiveEvent, me: string): Chat {
  switch (event.name) {
    case "new_message": {
      const counts = event.data.direction === "in" && !event.data.notice;
      return { ...withMessage(chat, event.data), unread: Math.min(unreadCap, chat.unread + (counts ? 1 : 0)) };
    }
    case "history_message":
      return withMessage(chat, event.data.message);
    case "message_status_update":
      return changeLast(chat, event.data.messageId, (known) => joinStatus(known, event.data));
    case "message_update":
      if (event.data.joinedInto) return chat; // the session asks which message is the last one now
      return changeLast(chat, event.data.messageId, (known) => joinUpdate(known, event.data));
    case "chat_update": {
      const { chatId: _id, title, lastMessage: _last, unread: _unread, seq: _number, mergedInto: _into, ...changed } = event.data;
      void [_id, _last, _unread, _number, _into];
      // A title that is not known yet does not replace the one that stands there.
      return { ...chat, ...changed, ...(title && { title }) };
    }
    case "contact_update": {
      if (chat.kind === "group") return chat;
      const { phone: _phone, username: _username, ...rest } = chat;
      void [_phone, _username];
      const { name, phone, username } = event.data;
      return { ...rest, title: name, ...(phone && { phone }), ...(username && { username }) };
    }
    case "read_mark":
      return event.data.userId === me ? { ...chat, unread: event.data.unread } : chat;
  }
}

// A new chat is told whole. Nothing for a part of one that we do not have.
function bornChat(event: LiveEvent): Chat | null {
  if (event.name !== "chat_update" || event.data.lastMessage !== null || !event.data.title) return null;
  const { chatId, title, kind = "person", unread = 0, windowEndsAt = null, activity = 0, phone, username } = event.data;
  return { id: chatId, title, kind, lastMessage: null, unread, windowEndsAt, activity, asOf: event.seq, ...(phone && { phone }), ...(username && { username }) };
}

// Once for each event, however often it is applied: a chat knows up to which event it was told.
function applyToChats(inbox: Inbox, event: LiveEvent, me: string): Inbox {
  const chat = inbox.chats[chatOf(event)];
  if (!chat) {
    const born = bornChat(event);
    return born ? withChat(inbox, born) : inbox;
  }
  if (event.seq <= chat.asOf) return inbox;
  return withChat(inbox, { ...changeChat(chat, event, me), asOf: event.seq });
}

function applyToLists(inbox: Inbox, event: LiveEvent): Inbox {
  switch (event.name) {
    case "new_message":
      return changeList(inbox, event.data.chatId, (list) => addMessages(list, [event.data]));
    case "history_message":
      return changeList(inbox, event.data.chatId, (list) => addHistory(list, event.data.message));
    case "message_status_update":
      return changeList(inbox, event.data.chatId, (list) => changeMessage(list, event.data.messageId, (known) => joinStatus(known, event.data)));
    case "message_update":
      if (event.data.joinedInto) return joinMessages(inbox, event.data.messageId, event.data.joinedInto);
      return changeList(inbox, event.data.chatId, (list) => changeMessage(list, event.data.messageId, (known) => joinUpdate(known, event.data)));
    default:
      return inbox;
  }
}

function joinMessages(inbox: Inbox, gone: string, into: Message): Inbox {
  return changeList(inbox, into.chatId, (list) => ({ ...addMessages(list, [into]), items: addMessages(list, [into]).items.filter((one) => one.id !== gone) }));
}

export function applyEvent(inbox: Inbox, event: LiveEvent, me: string): Inbox {
  if (event.name === "chat_update" && event.data.mergedInto !== undefined) return onMerged(inbox, event.data.chatId, event.data.mergedInto, event.seq);
  const next = applyToLists(applyToChats(inbox, event, me), event);
  return event.name === "contact_update" ? { ...next, contacts: { ...next.contacts, [event.data.contactId]: event.data.name } } : next;
}

// What the server answers to whoever sent or sends again; its event comes too, before or after.
export function addAnswer(inbox: Inbox, message: Message): Inbox {
  const chat = inbox.chats[message.chatId];
  const next = chat ? withChat(inbox, withMessage(chat, message)) : inbox;
  return changeList(next, message.chatId, (list) => addMessages(list, [message]));
}

// A page of the list, or the first one anew. `head`: what happened up to this event is in it.
export function addChats(inbox: Inbox, page: { items: readonly Chat[]; hasMore: boolean; head: number }, anew: boolean): Inbox {
  const { items, hasMore, head } = page;
  const kept = anew ? {} : inbox.chats;
  const told = Object.fromEntries(items.map((chat) => [chat.id, { ...chat, asOf: head }]));
  return { ...inbox, loaded: true, hasMoreChats: hasMore, chatsDownTo: items[items.length - 1]?.activity ?? null, chats: { ...kept, ...told } };
}

// As it was asked for by an id, which may be that of a chat that became part of it.
export function addChat(inbox: Inbox, asked: string, chat: Chat, head: number): Inbox {
  return leadsTo(withChat(inbox, { ...chat, asOf: head }), asked, chat.id);
}

// A page of the messages of a chat, or its list anew.
export function addPage(inbox: Inbox, chatId: string, page: { items: readonly Message[]; hasMore: boolean; head: number }, anew: boolean): Inbox {
  const { items, hasMore, head } = page;
  const list = anew ? { ...emptyList, asOf: head } : (inbox.lists[chatId] ?? emptyList);
  return { ...inbox, lists: { ...inbox.lists, [chatId]: addMessages({ ...list, hasMore }, items, hasMore) } };
}

// What may be stale after a break of the line: who writes and who looks.
export function forgetSignals(inbox: Inbox): Inbox {
  return { ...inbox, typing: {}, viewing: {} };
}

export function setTyping(inbox: Inbox, chatId: string, userId: string, isTyping: boolean): Inbox {
  const writers = inbox.typing[chatId] ?? [];
  if (writers.includes(userId) === isTyping) return inbox;
  const others = writers.filter((id) => id !== userId);
  return { ...inbox, typing: { ...inbox.typing, [chatId]: isTyping ? [...others, userId] : others } };
}

export function setPresence(inbox: Inbox, userId: string, online: boolean, lastSeen: string | null): Inbox {
  const user = inbox.users[userId];
  const users = user ? { ...inbox.users, [userId]: { ...user, online, lastSeen } } : inbox.users;
  if (online) return { ...inbox, users };
  // Nobody writes or looks without a connection.
  const typing = Object.fromEntries(Object.entries(inbox.typing).map(([chatId, ids]) => [chatId, ids.filter((id) => id !== userId)]));
  return { ...inbox, users, typing, viewing: { ...inbox.viewing, [userId]: null } };
}
