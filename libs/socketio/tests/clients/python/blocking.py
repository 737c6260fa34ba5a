"""python-socketio's blocking client. Usage: blocking.py URL polling|websocket|upgrade

It starts a thread for each message that comes, so it says nothing about the order in which they came: the other clients do.
"""

import queue
import sys

import socketio

URL, WAY = sys.argv[1:]
TRANSPORTS = None if WAY == "upgrade" else [WAY]
PATIENCE = 10


def ok(step, condition=True, seen=None):
    if not condition:
        sys.exit(f"wrong: {step}: {seen!r}")
    print("ok", step, flush=True)


def client(auth=None, namespaces=("/",), **options):
    """A connected client; what it hears lands in .heard as (event, arguments…)."""
    sio = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=0.5, randomization_factor=0, **options)
    sio.heard = queue.Queue()
    for namespace in namespaces:
        sio.on("*", lambda event, *arguments: sio.heard.put((event, *arguments)), namespace=namespace)
        sio.on("question", lambda value: value + 1, namespace=namespace)
        sio.on("connect", lambda: sio.heard.put(("connected",)), namespace=namespace)
        sio.on("connect_error", lambda *data: sio.heard.put(("refused", *data)), namespace=namespace)
    sio.connect(URL, auth=auth, transports=TRANSPORTS, namespaces=list(namespaces), wait_timeout=PATIENCE)
    return sio


def hear(sio, event, patience=PATIENCE):
    while True:
        heard = sio.heard.get(timeout=patience)
        if heard[0] == event:
            return heard[1:]


a = client(auth={"token": "t", "n": 1})
seen = hear(a, "auth")
ok("auth", seen == ({"token": "t", "n": 1},), seen)
if WAY != "upgrade":
    ok("transport", a.transport() == WAY, a.transport())
else:
    ok("transport", a.transport() == "websocket", a.transport())

for i in range(300):
    a.emit("message", (i, "ä漢😀"))
seen = sorted(hear(a, "message-back") for _ in range(300))
ok("300 there and back", seen == [(i, "ä漢😀") for i in range(300)], seen)
a.emit("burst", 300)
seen = sorted(hear(a, "burst")[0] for _ in range(300))
ok("300 from the server", seen == list(range(300)), seen)

binary = (b"\x00\x1e\xff", {"deep": [b"\x01" * 2000, b""]})
seen = None
for attempt in range(5):  # its threads may swap the parts of an event, too
    a.emit("message", binary)
    try:
        seen = hear(a, "message-back", patience=3)
    except queue.Empty:
        continue
    if seen == binary:
        break
ok("binary", seen == binary, seen)

seen = [a.call("message-with-ack", i, timeout=PATIENCE) for i in range(100)]
ok("acknowledged", seen == list(range(100)), seen)
seen = a.call("message-with-ack", b"\x07\x08", timeout=PATIENCE)
ok("acknowledged with binary", seen == b"\x07\x08", seen)
a.emit("ask-me", 41)
seen = hear(a, "answered")
ok("asked by the server", seen == ([42],), seen)

b = client()
a.call("join", "room", timeout=PATIENCE)
b.call("join", "room", timeout=PATIENCE)
a.emit("to-room", ("room", "hello"))
seen = hear(b, "from-room")
ok("room", seen == ("hello",), seen)
a.call("message-with-ack", 0, timeout=PATIENCE)
ok("not to the sender", not any(event[0] == "from-room" for event in list(a.heard.queue)))
b.disconnect()

c = client(namespaces=("/", "/custom"), auth={"x": 1})
heard = [c.heard.get(timeout=PATIENCE) for _ in range(4)]
ok("namespaces", heard.count(("auth", {"x": 1})) == 2 and heard.count(("connected",)) == 2, heard)
ok("a socket of its own in each", c.get_sid("/") != c.get_sid("/custom"))
c.disconnect()

for namespace, message in (("/secret", {"message": "not you", "data": {"code": "unauthorized"}}), ("/nope", {"message": "Invalid namespace"})):
    heard = []
    sio = socketio.Client(reconnection=False)
    sio.on("connect_error", lambda data: heard.append(data), namespace=namespace)
    try:
        sio.connect(URL, transports=TRANSPORTS, namespaces=[namespace], wait_timeout=PATIENCE)
        sys.exit(f"{namespace} let us in")
    except socketio.exceptions.ConnectionError:
        ok(f"refused by {namespace}", heard == [message], heard)

while not a.heard.empty():
    a.heard.get()
print("restart", flush=True)
seen = hear(a, "auth")
ok("reconnected", seen == ({"token": "t", "n": 1},), seen)
seen = a.call("message-with-ack", "again", timeout=PATIENCE)
ok("answers again", seen == "again", seen)
a.disconnect()
