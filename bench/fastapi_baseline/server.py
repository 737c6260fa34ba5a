"""The same contract as most would write it in an afternoon: FastAPI, python-socketio, SQLite in memory. For measuring only:
it keeps nothing over a restart, checks no session and sends to no Graph."""
import hashlib
import hmac
import json
import os
import sqlite3
import time
import uuid

import socketio
import uvicorn
from fastapi import FastAPI, Request, Response

secret = os.environ["WHATSAPP_APP_SECRET"].encode()
database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE messages (id TEXT PRIMARY KEY, chatId TEXT, seq INTEGER, wamid TEXT UNIQUE, doc TEXT)")
database.execute("CREATE INDEX by_chat ON messages (chatId, seq)")
sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
app = FastAPI()
seq = 0


def store(message):
    global seq
    seq += 1
    message["seq"] = seq
    database.execute(
        "INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?)",
        (message["id"], message["chatId"], seq, message["whatsappMessageId"], json.dumps(message)),
    )
    database.commit()


def message_of(chat, sender, receiver, text, direction, wamid):
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    return {"id": uuid.uuid4().hex, "chatId": chat, "senderId": sender, "receiverId": receiver, "text": text, "status": "sending",
            "createdAt": now, "updatedAt": now, "whatsappMessageId": wamid, "direction": direction, "type": "text"}


@app.post("/webhook")
async def webhook(request: Request):
    body = await request.body()
    expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("x-hub-signature-256", "")):
        return Response(status_code=401)
    for entry in json.loads(body)["entry"]:
        for change in entry["changes"]:
            for item in change["value"].get("messages", []):
                message = message_of(item["from"], item["from"], "me", item["text"]["body"], "in", item["id"])
                store(message)
                await sio.emit("new_message", message)
    return Response(status_code=200)


@app.post("/send-message")
async def send_message(request: Request):
    body = await request.json()
    message = message_of(body["chatId"], "u", body["chatId"], body["text"], "out", None)
    store(message)
    await sio.emit("new_message", message)
    return Response(json.dumps(message), status_code=201, media_type="application/json")


@app.get("/messages")
async def messages(chatId: str, limit: int = 50):
    rows = database.execute("SELECT doc FROM messages WHERE chatId = ? ORDER BY seq DESC LIMIT ?", (chatId, limit)).fetchall()
    return {"messages": [json.loads(row[0]) for row in reversed(rows)], "hasMore": len(rows) == limit}


@app.get("/readyz")
async def ready():
    return Response(status_code=200)


uvicorn.run(socketio.ASGIApp(sio, app), host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error")
