// The page of the chat.
#pragma once

#include <string_view>

inline constexpr std::string_view chat_page = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Chat</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 2rem auto; padding: 0 1rem }
  li { list-style: none } ul { padding: 0; min-height: 12rem } form { display: flex; gap: .5rem } #text { flex: 1 }
</style>
<form id="enter"><input id="name" placeholder="Name" required> <input id="room" placeholder="Room" value="lobby" required> <button>Enter</button></form>
<ul id="said" aria-live="polite"></ul>
<form id="say" hidden><input id="text" autocomplete="off" placeholder="Message"> <button>Say</button></form>
<script src="/socket.io-client.js"></script>
<script>
  const $ = (id) => document.getElementById(id);
  const show = (text) => ($("said").appendChild(document.createElement("li")).textContent = text);
  if (!window.io) show("The client is missing: npm install socket.io-client, then start the chat again from that folder.");

  $("enter").onsubmit = (event) => {
    event.preventDefault();
    const socket = io({ auth: { name: $("name").value } });
    socket.on("connect", () => socket.emit("enter", $("room").value)); // again after every reconnection
    socket.on("connect_error", (error) => show(error.message));
    socket.on("entered", (name) => show(`${name} is here`));
    socket.on("left", (name) => show(`${name} left`));
    socket.on("said", (name, text) => show(`${name}: ${text}`));
    $("enter").hidden = true;
    $("say").hidden = false;
    $("say").onsubmit = (event) => {
      event.preventDefault();
      socket.emit("say", $("text").value);
      $("text").value = "";
    };
  };
</script>
</html>
)html";
