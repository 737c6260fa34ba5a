// All that the page knows, and how each event changes it. Pure: no connection, no clock, no storage.
import { addMessages, changeMessage, emptyList, joinMessage, joinStatus, joinUpdate, type MessageList } from "@/state/messageList";
import type { Chat, Colleague, LiveEvent, Message } from "@/types/wire";

export interface Inbox {
  chats: Readonly<Record<string, Chat>>;
  hasMoreChats: boolean;
  loaded: boolean; // the first page of chats is here
  lists: Readonly<Record<string, MessageList>>; // of chats that were opened
  users: Readonly<Record<string, Colleague>>;
  typing: Readonly<Record<string, readonly string[]>>; // chat → colleagues who write there
  viewing: Readonly<Record<string, string | null>>; // colleague → chat
  contacts: Readonly<Record<string, string>>; // names told since the page was opened
  merged: Readonly<Record<string, string>>; // chats that became part of another
}

export const emptyInbox: Inbox = { chats: {}, hasMoreChats: false, loaded: false, lists: {}, users: {}, typing: {}, viewing: {}, contacts: {}, merged: {} };

const dayMs = 24 * 3600 * 1000;

// Newest activity first; what waits to be sent is newer than all, and so are chats without messages, which were just made.
export function chatsInOrder(inbox: Inbox, waiting: ReadonlySet<string> = new Set()): Chat[] {
  const place = (chat: Chat) => (waiting.has(chat.id) ? Infinity : (chat.lastMessage?.seq ?? Number.MAX_SAFE_INTEGER));
  return Object.values(inbox.chats).sort((a, b) => (place(a) === place(b) ? 0 : place(b) - place(a)));
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

function changeLast(inbox: Inbox, chatId: string, messageId: string, change: (known: Message) => Message): Inbox {
  const chat = inbox.chats[chatId];
  if (chat?.lastMessage?.id !== messageId) return inbox;
  const changed = change(chat.lastMessage);
  return changed === chat.lastMessage ? inbox : withChat(inbox, { ...chat, lastMessage: changed });
}

function onNewMessage(inbox: Inbox, message: Message): Inbox {
  const known = inbox.chats[message.chatId];
  const isNew = !known?.lastMessage || message.seq > known.lastMessage.seq;
  const inbound = message.direction === "in";
  const group = inbound && message.senderId !== message.chatId;
  const chat: Chat = known ?? {
    id: message.chatId,
    title: inbox.contacts[message.chatId] ?? (group ? "Group" : /^\d+$/.test(message.chatId) ? `+${message.chatId}` : "New chat"),
    kind: group ? "group" : "person",
    lastMessage: null,
    unread: 0,
    windowEndsAt: null,
  };
  const ends = inbound ? new Date(Date.parse(message.createdAt) + dayMs).toISOString() : null;
  const next = withChat(inbox, {
    ...chat,
    lastMessage: isNew ? message : joinLast(chat.lastMessage, message),
    unread: chat.unread + (inbound && isNew ? 1 : 0),
    windowEndsAt: ends && (!chat.windowEndsAt || ends > chat.windowEndsAt) ? ends : chat.windowEndsAt,
  });
  return changeList(next, message.chatId, (list) => addMessages(list, [message]));
}

// What WhatsApp echoed is a message that is here already, or comes now.
function onJoined(inbox: Inbox, chatId: string, echoId: string, message: Message): Inbox {
  const next = changeList(inbox, chatId, (list) => addMessages({ ...list, items: list.items.filter((item) => item.id !== echoId) }, [message]));
  const chat = next.chats[chatId];
  if (chat?.lastMessage?.id !== echoId) return next;
  const items = next.lists[chatId]?.items;
  return withChat(next, { ...chat, lastMessage: items?.[items.length - 1] ?? message });
}

// Two chats are one: what is known of both is loaded anew, see InboxSession.
function onMerged(inbox: Inbox, from: string, into: string): Inbox {
  const { [from]: _chat, ...chats } = inbox.chats;
  const { [from]: _name, ...contacts } = inbox.contacts;
  const { [from]: _list, [into]: _other, ...lists } = inbox.lists;
  void _chat;
  void _name;
  void _list;
  void _other;
  return { ...inbox, chats, contacts, lists, merged: { ...inbox.merged, [from]: into } };
}

function joinLast(last: Message | null, message: Message): Message | null {
  return last && last.id === message.id ? joinMessage(last, message) : last;
}

export function applyEvent(inbox: Inbox, event: LiveEvent, me: string): Inbox {
  switch (event.name) {
    case "new_message":
      return onNewMessage(inbox, event.data);
    case "message_status_update": {
      const { chatId, messageId } = event.data;
      const next = changeList(inbox, chatId, (list) => changeMessage(list, messageId, (known) => joinStatus(known, event.data)));
      return changeLast(next, chatId, messageId, (known) => joinStatus(known, event.data));
    }
    case "message_update": {
      const { chatId, messageId, joinedInto } = event.data;
      if (joinedInto) return onJoined(inbox, chatId, messageId, joinedInto);
      const next = changeList(inbox, chatId, (list) => changeMessage(list, messageId, (known) => joinUpdate(known, event.data)));
      return changeLast(next, chatId, messageId, (known) => joinUpdate(known, event.data));
    }
    case "chat_update": {
      if (event.data.mergedInto) return onMerged(inbox, event.data.chatId, event.data.mergedInto);
      const chat = inbox.chats[event.data.chatId];
      if (!chat) return inbox;
      // A title that is not known yet does not replace the one that stands there.
      return withChat(inbox, { ...chat, ...(event.data.title && { title: event.data.title }), ...(event.data.kind && { kind: event.data.kind }) });
    }
    case "contact_update": {
      const next = { ...inbox, contacts: { ...inbox.contacts, [event.data.contactId]: event.data.name } };
      const chat = next.chats[event.data.contactId];
      return chat ? withChat(next, { ...chat, title: event.data.name, ...(event.data.phone && { phone: event.data.phone }) }) : next;
    }
    case "read_mark": {
      const chat = inbox.chats[event.data.chatId];
      if (!chat || event.data.userId !== me) return inbox;
      return withChat(inbox, { ...chat, unread: event.data.unread });
    }
  }
}

export function addChats(inbox: Inbox, chats: readonly Chat[], hasMore: boolean, anew: boolean): Inbox {
  const kept = anew ? {} : inbox.chats;
  return { ...inbox, loaded: true, hasMoreChats: hasMore, chats: { ...kept, ...Object.fromEntries(chats.map((chat) => [chat.id, chat])) } };
}

export function addPage(inbox: Inbox, chatId: string, messages: readonly Message[], hasMore: boolean, anew: boolean): Inbox {
  const list = anew ? emptyList : (inbox.lists[chatId] ?? emptyList);
  return { ...inbox, lists: { ...inbox.lists, [chatId]: addMessages({ ...list, hasMore }, messages, hasMore) } };
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
