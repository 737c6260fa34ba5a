import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

declare const process: { env: Record<string, string | undefined> };

// TICKWIRE_URL: another server than the one of script/server.
const server = process.env.TICKWIRE_URL ?? "http://127.0.0.1:8000";
const rest = ["/login", "/logout", "/me", "/info", "/setup", "/send-message", "/messages", "/chats", "/contacts", "/users"];

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: { target: "es2022", sourcemap: false },
  server: {
    port: 3000,
    proxy: {
      ...Object.fromEntries(
        rest.map((path) => [
          path,
          // A page that is opened is ours, a request for data is the server's.
          { target: server, bypass: (request: { method?: string; headers: { accept?: string } }) => (request.method === "GET" && request.headers.accept?.includes("text/html") ? "/index.html" : undefined) },
        ]),
      ),
      "/socket.io": { target: server, ws: true },
    },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
