"""python-socketio's asyncio client. Usage: asynchronous.py URL polling|websocket|upgrade"""

import asyncio
import sys

import socketio

URL, WAY = sys.argv[1:]
TRANSPORTS = None if WAY == "upgrade" else [WAY]
PATIENCE = 10


def ok(step, condition=True, seen=None):
    if not condition:
        sys.exit(f"wrong: {step}: {seen!r}")
    print("ok", step, flush=True)


async def client(auth=None, namespaces=("/",)):
    """A connected client; what it hears lands in .heard as (event, arguments…)."""
    sio = socketio.AsyncClient(reconnection_delay=0.1, reconnection_delay_max=0.5, randomization_factor=0)
    sio.heard = asyncio.Queue()

    async def hear_all(event, *arguments):
        await sio.heard.put((event, *arguments))

    async def connected():
        await sio.heard.put(("connected",))

    async def answer(value):
        return value + 1

    for namespace in namespaces:
        sio.on("*", hear_all, namespace=namespace)
        sio.on("question", answer, namespace=namespace)
        sio.on("connect", connected, namespace=namespace)
    await sio.connect(URL, auth=auth, transports=TRANSPORTS, namespaces=list(namespaces), wait_timeout=PATIENCE)
    return sio


async def hear(sio, event):
    while True:
        heard = await asyncio.wait_for(sio.heard.get(), PATIENCE)
        if heard[0] == event:
            return heard[1:]


async def story():
    a = await client(auth={"token": "t", "n": 1})
    seen = await hear(a, "auth")
    ok("auth", seen == ({"token": "t", "n": 1},), seen)
    ok("transport", a.transport() == ("websocket" if WAY == "upgrade" else WAY), a.transport())

    for i in range(300):
        await a.emit("message", (i, "ä漢😀"))
    seen = [await hear(a, "message-back") for _ in range(300)]
    ok("300 there and back in order", seen == [(i, "ä漢😀") for i in range(300)], seen)
    await a.emit("burst", 300)
    seen = [(await hear(a, "burst"))[0] for _ in range(300)]
    ok("300 from the server in order", seen == list(range(300)), seen)

    await a.emit("message", (b"\x00\x1e\xff", {"deep": [b"\x01" * 2000, b""]}))
    seen = await hear(a, "message-back")
    ok("binary", seen == (b"\x00\x1e\xff", {"deep": [b"\x01" * 2000, b""]}), seen)

    seen = [await a.call("message-with-ack", i, timeout=PATIENCE) for i in range(100)]
    ok("acknowledged", seen == list(range(100)), seen)
    seen = await a.call("message-with-ack", b"\x07\x08", timeout=PATIENCE)
    ok("acknowledged with binary", seen == b"\x07\x08", seen)
    await a.emit("ask-me", 41)
    seen = await hear(a, "answered")
    ok("asked by the server", seen == ([42],), seen)

    b = await client()
    await a.call("join", "room", timeout=PATIENCE)
    await b.call("join", "room", timeout=PATIENCE)
    await a.emit("to-room", ("room", "hello"))
    seen = await hear(b, "from-room")
    ok("room", seen == ("hello",), seen)
    await b.disconnect()

    c = await client(namespaces=("/", "/custom"), auth={"x": 1})
    heard = [await asyncio.wait_for(c.heard.get(), PATIENCE) for _ in range(4)]
    ok("namespaces", heard.count(("auth", {"x": 1})) == 2 and heard.count(("connected",)) == 2, heard)
    ok("a socket of its own in each", c.get_sid("/") != c.get_sid("/custom"))
    await c.disconnect()

    for namespace, message in (("/secret", {"message": "not you", "data": {"code": "unauthorized"}}), ("/nope", {"message": "Invalid namespace"})):
        heard = []
        sio = socketio.AsyncClient(reconnection=False)
        sio.on("connect_error", lambda data: heard.append(data), namespace=namespace)
        try:
            await sio.connect(URL, transports=TRANSPORTS, namespaces=[namespace], wait_timeout=PATIENCE)
            sys.exit(f"{namespace} let us in")
        except socketio.exceptions.ConnectionError:
            ok(f"refused by {namespace}", heard == [message], heard)

    while not a.heard.empty():
        a.heard.get_nowait()
    print("restart", flush=True)
    seen = await hear(a, "auth")
    ok("reconnected", seen == ({"token": "t", "n": 1},), seen)
    seen = await a.call("message-with-ack", "again", timeout=PATIENCE)
    ok("answers again", seen == "again", seen)
    await a.disconnect()


asyncio.run(story())
