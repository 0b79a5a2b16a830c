"""relay.py OWN_PORT HOST PORT: what comes to the loopback port OWN_PORT of this host goes to HOST:PORT.

A job talks plain http to a loopback address only; a simulator on another host is reached through this. It ends when its
standard input does; it says "ready" first.
"""
import asyncio
import os
import sys


async def pump(reader, writer):
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(host, port, reader, writer):
    try:
        there, back = await asyncio.open_connection(host, port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, back), pump(there, writer))


async def main(own_port, host, port):
    server = await asyncio.start_server(lambda reader, writer: serve(host, int(port), reader, writer), "127.0.0.1",
                                        int(own_port))
    print("ready", flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, lambda: os.read(0, 1) or ended.set())
    await ended.wait()
    server.close()
    os._exit(0)  # whoever is still connected is cut off


asyncio.run(main(*sys.argv[1:]))
