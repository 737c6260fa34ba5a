// The address of a chat. What does not read as one is none: an address comes from outside.
export const pathOfChat = (chatId: string) => `/c/${encodeURIComponent(chatId)}`;

export function chatOfPath(path: string): string | null {
  if (!path.startsWith("/c/")) return null;
  try {
    const chatId = decodeURIComponent(path.slice(3));
    return chatId && !(chatId in Object.prototype) ? chatId : null; // "constructor" is in every object, and never a chat
  } catch {
    return null;
  }
}
