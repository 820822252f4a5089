#!/usr/bin/env python3
"""Many destinations, some of them dead: a source of mail, the living next hops, and the dead ones, in one process.

usage: destinations.py routes N                       prints "domain address" of N destinations
       destinations.py run --port P --recipients R --destinations N --dead D --batch B --size S --kind hang|silent|refused

Destination k is the domain d<k>.many.test with the next hop 127.1.<k / 250>.<k % 250 + 1>; the living ones listen on port 2927 of all
loopback addresses. The first D are dead: their domains are x<k>.many.test at 127.2..., port 2928. `hang` never answers a connection
attempt (a full backlog), `silent` takes it and never speaks, `refused` has nobody there. Each message goes to B recipients of B
different domains. What is printed: seconds until every living recipient was taken by its next hop, from the first MAIL on."""
import argparse, asyncio, os, socket, sys, time

LIVING_PORT, DEAD_PORT = 2927, 2928


def address(net, k):
    return f"127.{net}.{k // 250}.{k % 250 + 1}"


def routes(count):
    for k in range(count):
        print(f"d{k}.many.test {address(1, k)} {LIVING_PORT}")
        print(f"x{k}.many.test {address(2, k)} {DEAD_PORT}")


class Sink:
    """Takes every recipient, and knows when it has seen all that it was told to wait for."""

    def __init__(self, wanted):
        self.wanted, self.seen, self.done = wanted, set(), asyncio.Event()

    async def serve(self, reader, writer):
        async def say(text):
            writer.write(text.encode() + b"\r\n")
            await writer.drain()

        pending = []
        try:
            await say("220 sink")
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"EHLO":
                    await say("250-sink\r\n250-PIPELINING\r\n250 8BITMIME")
                elif verb == b"RCPT":
                    pending.append(line[line.index(b"<") + 1:line.index(b">")].lower())
                    await say("250 ok")
                elif verb == b"DATA":
                    await say("354 go")
                    await reader.readuntil(b"\r\n.\r\n")
                    self.seen.update(pending)
                    pending = []
                    if len(self.seen) >= self.wanted:
                        self.done.set()
                    await say("250 ok")
                elif verb == b"QUIT":
                    await say("221 bye")
                    break
                else:
                    await say("250 ok")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def send(port, messages, size):
    """One connection of the source: commands of a message in one write."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def reply():
        while True:
            line = await reader.readline()
            if not line:
                raise SystemExit("the server closed the connection")
            if line[3:4] != b"-":
                if line[:1] not in b"23":
                    raise SystemExit(f"the server said {line!r}")
                return

    await reply()
    writer.write(b"EHLO source.bench.test\r\n")
    await reply()
    body = b"Subject: many\r\n\r\n" + (b"x" * 70 + b"\r\n") * (size // 72) + b".\r\n"
    while messages:
        recipients = messages.pop()
        writer.write(b"MAIL FROM:<source@bench.test>\r\n" + b"".join(b"RCPT TO:<%s>\r\n" % r for r in recipients) + b"DATA\r\n")
        for _ in range(len(recipients) + 2):
            await reply()
        writer.write(body)
        await reply()
    writer.write(b"QUIT\r\n")
    await reply()
    writer.close()


def dead_listener(kind):
    """Sockets that must be kept while the test runs."""
    if kind == "refused":
        return []
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", DEAD_PORT))
    listener.listen(0 if kind == "hang" else 4096)
    kept = [listener]
    for _ in range(3 if kind == "hang" else 0):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", DEAD_PORT))
        kept.append(filler)
    return kept


async def run(o):
    per = o.recipients // o.destinations
    domains = [f"x{k}.many.test" if k < o.dead else f"d{k}.many.test" for k in range(o.destinations)]
    wanted = per * (o.destinations - o.dead)
    sink = Sink(wanted)
    await asyncio.start_server(sink.serve, "0.0.0.0", LIVING_PORT, backlog=4096)
    kept = dead_listener(o.kind)  # named, so that it lives as long as the run
    # Neighbouring recipients of one message are at different destinations; every destination has `per` of them.
    everyone = [f"r{i}@{domain}".encode() for i in range(per) for domain in domains]
    messages = [everyone[i:i + o.batch] for i in range(0, len(everyone), o.batch)]
    messages.reverse()
    count, start = len(messages), time.monotonic()
    await asyncio.gather(*(send(o.port, messages, o.size) for _ in range(o.connections)))
    accepted = time.monotonic() - start
    try:
        await asyncio.wait_for(sink.done.wait(), o.timeout)
    except asyncio.TimeoutError:
        pass
    seconds = time.monotonic() - start
    print(f"messages {count} n\naccepted {accepted:.2f} s\ndead_sockets {len(kept)} n\nliving_wanted {wanted} n\nliving_taken {len(sink.seen)} n\nliving_seconds {seconds:.2f} s", flush=True)
    # The hundreds of connections that are still open end with the process.
    os._exit(0 if len(sink.seen) >= wanted else 1)


def main():
    if sys.argv[1:2] == ["routes"]:
        return routes(int(sys.argv[2]))
    p = argparse.ArgumentParser()
    p.add_argument("verb")
    for name, default in [("port", 0), ("recipients", 100_000), ("destinations", 1000), ("dead", 0), ("batch", 100), ("size", 2048), ("connections", 10), ("timeout", 900)]:
        p.add_argument(f"--{name}", type=int, default=default)
    p.add_argument("--kind", default="hang", choices=["hang", "silent", "refused"])
    asyncio.run(run(p.parse_args()))


main()
