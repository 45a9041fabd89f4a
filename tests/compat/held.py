#!/usr/bin/env python3
"""What connections that are held cost sni-lab's router, and whoever comes beside them: memory for each, and CPU and
latency of new connections as ratios to a second router of the same run that holds none.

usage: held.py SNI_LAB [COUNT...]      default: 1000 10000 50000 100000 200000

Each connection takes four descriptors: one here, two of the router's, one of the backend's. The limit is raised to
fs.nr_open where that is allowed (CAP_SYS_RESOURCE), else to the hard limit; of counts that do not fit into it the largest
that does is taken. Prints figures and limits; exit 1 when one is missed. Wants a machine that does nothing else, and some
gigabytes for the sockets of 200,000 connections.
"""
import os, re, resource, select, signal, socket, ssl, statistics, subprocess, sys, time

PLACES = 16           # addresses that clients come from, and backends: a pair of addresses has 28,000 ports at most
TURNS, TURN = 40, 100  # new connections, so many at a time with either router
LIMITS = {"bytes": 256, "cpu": 1.1, "p99": 1.2}


def descriptors():
    """As many as may be open, from now on also in what is started here."""
    with open("/proc/sys/fs/nr_open") as f:
        most = int(f.read())
    for limit in (most, resource.getrlimit(resource.RLIMIT_NOFILE)[1]):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            return limit
        except (PermissionError, ValueError):
            pass
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def hello(name):
    """The first flight of a TLS client."""
    out = ssl.MemoryBIO()
    client = ssl._create_unverified_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def serve(doors):
    """A backend in a process of its own: one byte for what comes first, then it holds on until the end."""
    poll = select.epoll()
    waiting = {door.fileno(): door for door in doors}
    for fd in waiting:
        poll.register(fd, select.EPOLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd in waiting:
                poll.register(waiting[fd].accept()[0].detach(), select.EPOLLIN)
            elif os.read(fd, 65536):
                os.write(fd, b"!")
            else:
                os.close(fd)


class Backend:
    def __init__(self):
        doors = [socket.create_server(("127.0.0.1", 0), backlog=4096) for _ in range(PLACES)]
        self.addresses = ["%s:%d" % door.getsockname() for door in doors]
        self.pid = os.fork()
        if self.pid == 0:
            try:
                serve(doors)
            finally:
                os._exit(1)
        for door in doors:
            door.close()

    def stop(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Router:
    def __init__(self, sni_lab, backend):
        routes = [word for i, at in enumerate(backend.addresses) for word in ("--route", f"{i}.example.com={at}")]
        self.process = subprocess.Popen([sni_lab, "router", "--listen", "127.0.0.1:0", *routes],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        host, port = self.process.stdout.readline().split()[1].rsplit(":", 1)
        self.address = (host, int(port))
        self.hellos = [hello(f"{i}.example.com") for i in range(PLACES)]

    def begin(self, i):
        """The connection's descriptor, its hello on the way."""
        client = socket.socket()
        client.setsockopt(socket.SOL_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        client.bind((f"127.0.0.{2 + i % PLACES}", 0))
        client.connect(self.address)
        client.sendall(self.hellos[i // PLACES % PLACES])
        return client.detach()

    def hold(self, held, count):
        while len(held) < count:
            new = [self.begin(len(held) + i) for i in range(min(64, count - len(held)))]
            for fd in new:
                assert os.read(fd, 1) == b"!", "a connection is not answered"
            held += new

    def meet(self, i):
        """How long a new connection takes to its answer, in microseconds."""
        began = time.perf_counter()
        fd = self.begin(i)
        assert os.read(fd, 1) == b"!", "a connection is not answered"
        took = time.perf_counter() - began
        os.close(fd)
        return took * 1e6

    def cpu(self):
        """In microseconds."""
        threads = f"/proc/{self.process.pid}/task"
        return sum(int(open(f"{threads}/{thread}/schedstat").read().split()[0]) for thread in os.listdir(threads)) / 1000

    def resident(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) * 1024

    def stop(self):
        self.process.kill()
        self.process.wait()


class Met:
    """New connections of one router."""

    def __init__(self, router):
        self.router, self.took, self.cpu = router, [], 0

    def turn(self, first):
        before = self.router.cpu()
        self.took += [self.router.meet(first + i) for i in range(TURN)]
        time.sleep(0.02)  # until they are gone there, too
        self.cpu += self.router.cpu() - before

    def per_connection(self):
        return self.cpu / len(self.took)

    def p99(self):
        return statistics.quantiles(self.took, n=100)[98]


def main(sni_lab, counts):
    most = (descriptors() - 1000) // 2
    beyond = [count for count in counts if count > most]
    if beyond:
        print(f"{min(beyond):,} connections are more than descriptors allow here: {most:,}")
    counts = sorted({min(count, most) for count in counts})
    backend = Backend()
    empty, full = Router(sni_lab, backend), Router(sni_lab, backend)
    missed = False
    try:
        for router in (empty, full):
            for i in range(2000):
                router.meet(i)
        base, held = full.resident(), []
        print(f"{'held':>8} {'bytes each':>11} {'opened at':>12} {'CPU us':>14} {'ratio':>6} {'p99 us':>12} {'ratio':>6}")
        for count in [0] + counts:
            cpu, opened = full.cpu(), count - len(held)
            full.hold(held, count)
            speed = f"{(full.cpu() - cpu) / opened:.0f} us CPU" if opened else ""
            loaded, alone = Met(full), Met(empty)
            each = (full.resident() - base) / count if count else 0
            for turn in range(TURNS):
                for met in (loaded, alone) if turn % 2 else (alone, loaded):
                    met.turn(turn * TURN)
            cpu, p99 = loaded.per_connection() / alone.per_connection(), loaded.p99() / alone.p99()
            print(f"{count:8,} {each:11.0f} {speed:>12} {loaded.per_connection():6.1f} {alone.per_connection():7.1f} "
                  f"{cpu:6.2f} {loaded.p99():6.0f} {alone.p99():5.0f} {p99:6.2f}", flush=True)
            if count:
                missed = missed or each > LIMITS["bytes"] or cpu > LIMITS["cpu"] or p99 > LIMITS["p99"]
        print("limits: {bytes} bytes each, CPU x {cpu}, p99 x {p99}".format(**LIMITS))
    finally:
        for each in (empty, full, backend):
            each.stop()
    return 1 if missed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or not all(word.isdigit() for word in sys.argv[2:]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], [int(word) for word in sys.argv[2:]] or [1000, 10_000, 50_000, 100_000, 200_000]))
