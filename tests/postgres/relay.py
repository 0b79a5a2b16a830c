"""relay.py PORT_FILE HOST PORT: what comes to a loopback port of this host goes to HOST:PORT.

A job talks plain http to a loopback address only; a simulator on another host is reached through this. It ends when its
standard input does.
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


async def main(port_file, host, port):
    server = await asyncio.start_server(lambda reader, writer: serve(host, int(port), reader, writer), "127.0.0.1", 0)
    with open(port_file + ".new", "w", encoding="ascii") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    os.rename(port_file + ".new", port_file)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, lambda: os.read(0, 1) or ended.set())
    await ended.wait()
    os._exit(0)  # whoever is still connected is cut off


asyncio.run(main(*sys.argv[1:]))
