// The address of a chat. What does not read as one is none: an address comes from outside.
export const pathOfChat = (chatId: string) => `/c/${encodeURIComponent(chatId)}`;

export function chatOfPath(path: string): string | null {
  if (!path.startsWith("/c/")) return null;
  try {
    return decodeURIComponent(path.slice(3)) || null;
  } catch {
    return null;
  }
}
