#!/usr/bin/env python3
"""What uploads cost the backend of two builds, in turns: CPU time and wall time of a connection that carries so many MiB.
Made for the cost of digesting, where the second build has StreamRecord::kUnasked = 0, which digests nothing.

usage: uploads.py SNI_LAB OTHER [MIB,MIB,... [ROUNDS]]     needs openssl
"""
import json, os, socket, ssl, statistics, subprocess, sys, tempfile, time

TICKS = 1e9
PIECE = b"x" * (1 << 20)


def cpu_seconds(pid):
    """To the nanosecond, which /proc/PID/stat is not."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total / TICKS


class Backend:
    def __init__(self, program, folder):
        command = [os.path.abspath(program), "backend", "--listen", "127.0.0.1:0", "--cert", "a.crt", "--key", "a.key",
                   "--identity", "id.key", "--max-body", str(1 << 30)]
        # The allocator learns from what is freed, and the growing body then costs this or that: a tenth of all, by chance.
        steady = os.environ | {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
        self.process = subprocess.Popen(command, cwd=folder, env=steady, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        self.cpu, self.wall = {}, {}

    def upload(self, mib):
        context = ssl._create_unverified_context()
        with socket.create_connection(("127.0.0.1", self.port)) as plain:
            with context.wrap_socket(plain, server_hostname="httpbin.example.com") as tls:
                began, used = time.monotonic(), cpu_seconds(self.process.pid)
                tls.sendall(f"POST /status/200 HTTP/1.1\r\nHost: a\r\nContent-Length: {mib << 20}\r\n\r\n".encode())
                for _ in range(mib):
                    tls.sendall(PIECE)
                assert tls.recv(4096).startswith(b"HTTP/1.1 200 ")
                self.wall.setdefault(mib, []).append(time.monotonic() - began)
                self.cpu.setdefault(mib, []).append(cpu_seconds(self.process.pid) - used)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def main():
    sizes = [int(mib) for mib in (sys.argv[3] if len(sys.argv) > 3 else "1,16,256").split(",")]
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 12
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=httpbin.example.com", "-keyout", "a.key", "-out", "a.crt"],
                       cwd=folder, check=True, capture_output=True)
        both = [Backend(program, folder) for program in sys.argv[1:3]]
        try:
            for mib in sizes:
                for turn in range(rounds + 1):
                    for backend in both if turn % 2 else reversed(both):
                        backend.upload(mib)
        finally:
            for backend in both:
                backend.stop()
    report = []
    for mib in sizes:
        row = {"mib": mib}
        for what in ("cpu", "wall"):
            pairs = list(zip(*(getattr(backend, what)[mib][1:] for backend in both)))
            row[f"{what}_ms"] = [round(statistics.median(side) * 1000, 2) for side in zip(*pairs)]
            row[f"{what}_ratio"] = round(statistics.median(a / b for a, b in pairs), 3)
        report.append(row)
    print(json.dumps(report, indent=2))


main()
