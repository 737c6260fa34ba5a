"""A stock python-socketio client: connects, registers, counts 30 messages. Usage: client.py URL TOKEN TRANSPORT"""
import asyncio
import sys

import aiohttp
import socketio

url, token, transport = sys.argv[1:]


async def main():
    client = socketio.AsyncClient(reconnection=False)
    texts, synced, done = [], asyncio.Event(), asyncio.Event()

    @client.on("sync")
    async def on_sync(data):
        synced.set()

    @client.on("new_message")
    async def on_message(data):
        texts.append(data["text"])
        if len(texts) == 30:
            done.set()

    await client.connect(url, auth={"token": token}, transports=[transport])
    await asyncio.wait_for(synced.wait(), 10)
    async with aiohttp.ClientSession() as http:
        async with http.get(url + "/me", headers={"authorization": f"Bearer {token}"}) as answer:
            user = (await answer.json())["user"]
    print("registered", await client.call("register", {"userId": user["id"]}), flush=True)
    print("synced", flush=True)
    await asyncio.wait_for(done.wait(), 20)
    assert texts == [f"text {i}" for i in range(30)], texts
    print("30 in order", flush=True)
    await client.disconnect()


asyncio.run(main())
