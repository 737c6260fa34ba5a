// One typed function for each request.
import { nothing, query, request, type Result } from "@/api/client";
import { parseChat, parseMessage, type Chat, type Colleague, type Info, type Message, type User } from "@/types/wire";

const object = (body: unknown) => (typeof body === "object" && body !== null ? (body as Record<string, unknown>) : null);
const list = <T>(value: unknown, parse: (item: unknown) => T | null): T[] | null => (Array.isArray(value) ? value.flatMap((item) => parse(item) ?? []) : null);
const user = (body: unknown) => (object(body)?.user as User | undefined) ?? null;

export interface Page<T> {
  items: T[];
  hasMore: boolean;
  head: number; // what happened up to this event is in it
}

const headOf = (answer: Record<string, unknown> | null) => (typeof answer?.head === "number" ? answer.head : 0);

function page<T>(name: string, parse: (item: unknown) => T | null) {
  return (body: unknown): Page<T> | null => {
    const answer = object(body);
    const items = list(answer?.[name], parse);
    return items && { items, hasMore: answer?.hasMore === true, head: headOf(answer) };
  };
}

export const loadInfo = (): Promise<Result<Info>> => request("GET", "/info", (body) => object(body) as Info | null);
export const loadMe = (): Promise<Result<User>> => request("GET", "/me", user);
export const logIn = (username: string, password: string): Promise<Result<User>> => request("POST", "/login", user, { username, password });
export const setUp = (token: string, username: string, password: string): Promise<Result<User>> => request("POST", "/setup", user, { token, username, password });
export const logOut = (): Promise<Result<true>> => request("POST", "/logout", nothing, {});

export const loadMessages = (chatId: string, where: { before?: number; around?: number; limit?: number } = {}): Promise<Result<Page<Message>>> =>
  request("GET", `/messages?${query({ chatId, ...where })}`, page("messages", parseMessage));

export const loadChats = (before?: number): Promise<Result<Page<Chat>>> => request("GET", `/chats?${query({ before, limit: 100 })}`, page("chats", parseChat));

export const loadOneChat = (id: string): Promise<Result<{ chat: Chat; head: number }>> =>
  request("GET", `/chats/${encodeURIComponent(id)}`, (body) => {
    const chat = parseChat(object(body)?.chat);
    return chat && { chat, head: headOf(object(body)) };
  });

export interface Contact {
  id: string;
  name: string;
}
const contact = (item: unknown): Contact | null => {
  const { id, name, profileName, username } = object(item) ?? {};
  const shown = [name, profileName, username].find((text) => typeof text === "string" && text !== "");
  return typeof id === "string" && typeof shown === "string" ? { id, name: shown } : null;
};
export const loadContacts = (after?: string): Promise<Result<Page<Contact>>> => request("GET", `/contacts?${query({ after, limit: 200 })}`, page("contacts", contact));

export const loadUsers = (): Promise<Result<Colleague[]>> => request("GET", "/users", (body) => list(object(body)?.users, (item) => item as Colleague));

export const sendMessage = (message: { chatId: string; text: string; clientId: string; replyTo?: string }): Promise<Result<Message>> =>
  request("POST", "/send-message", parseMessage, message);

export const retryMessage = (id: string): Promise<Result<Message>> => request("POST", `/messages/${encodeURIComponent(id)}/retry`, parseMessage, {});

export const openChat = (phone: string, name: string): Promise<Result<Chat>> =>
  request("POST", "/contacts", (body) => parseChat(object(body)?.chat), { phone, ...(name && { name }) });
