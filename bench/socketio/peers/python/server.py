"""bench_server in python-socketio on uvicorn[standard]: uvloop, httptools, no compression, no logs."""

import json
import sys

import socketio
import uvicorn

server = socketio.AsyncServer(
    async_mode="asgi",
    ping_interval=25,
    ping_timeout=20,
    http_compression=False,
    monitor_clients=True,
    cors_allowed_origins="*",  # else it refuses a page from elsewhere, as the load with a browser's headers is
)


@server.on("register")
async def register(sid, identity):
    await server.enter_room(sid, f"u:{identity}")


@server.on("echo")
async def echo(sid, x):
    await server.emit("echo", x, to=sid)


@server.on("echo-ack")
async def echo_ack(sid, x):
    return x


@server.on("broadcast")
async def broadcast(sid, x):
    await server.emit("broadcast", x)


async def deliver(path, text):
    try:
        body = json.loads(text)
    except ValueError:
        return 400
    if path == "/broadcast":
        await server.emit("new_message", body)
    elif path == "/unicast":
        await server.emit("new_message", body, room=f"u:{body['userId']}")
    else:
        return 404
    return 200


async def posts(scope, receive, send):
    if scope["type"] != "http":
        return
    text, more = b"", True
    while more:
        piece = await receive()
        text += piece.get("body", b"")
        more = piece.get("more_body", False)
    status = await deliver(scope["path"], text) if scope["method"] == "POST" else 404
    answer = b'{"ok":true}' if status == 200 else b'{"ok":false}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


uvicorn.run(
    socketio.ASGIApp(server, other_asgi_app=posts),
    host="127.0.0.1",
    port=int(sys.argv[1]),
    loop="uvloop",
    http="httptools",
    ws_per_message_deflate=False,
    ws_ping_interval=None,  # Engine.IO has its own
    backlog=4096,
    log_level="warning",
    access_log=False,
    lifespan="off",
    timeout_graceful_shutdown=1,
)
