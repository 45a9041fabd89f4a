#!/usr/bin/env python3
"""What connections that do nothing cost sni-lab's backend: a new client's wait, sleeping requests, CPU,
memory, and the stop. Prints figures and limits; exit 1 when one is missed.

usage: idle.py SNI_LAB      needs openssl, and a machine that is otherwise quiet
"""
import json, os, re, resource, signal, socket, ssl, subprocess, sys, tempfile, threading, time

TICKS = os.sysconf("SC_CLK_TCK")
CONTEXT = ssl._create_unverified_context()


class Backend:
    def __init__(self, sni_lab, folder):
        self.process = subprocess.Popen(
            [sni_lab, "backend", "--listen", "127.0.0.1:0", "--cert", "a.crt", "--key", "a.key", "--identity", "id.key"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        host, port = self.process.stdout.readline().split()[1].rsplit(":", 1)
        self.address = (host, int(port))

    def tcp(self):
        return socket.create_connection(self.address, timeout=20)

    def tls(self):
        return CONTEXT.wrap_socket(self.tcp(), server_hostname="httpbin.example.com")

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mb(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) / 1024

    def stop(self):
        """How long it takes, in milliseconds."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        return (time.monotonic() - began) * 1000


def ask(client, path):
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = client.recv(65536)
        assert more, "the backend closed the connection"
        answer += more
    head, body = answer.split(b"\r\n\r\n", 1)
    length = int(re.search(rb"Content-Length: (\d+)", head)[1])
    while len(body) < length:
        body += client.recv(65536)
    assert b" 200 " in head, head


def idle(backend):
    client = backend.tls()
    ask(client, "/uuid")
    return client


def new_client(sni_lab, folder):
    """Of several tries the longest, beside 88 connections that are idle or silent."""
    backend = Backend(sni_lab, folder)
    held = [idle(backend) for _ in range(48)] + [backend.tls() for _ in range(24)] + [backend.tcp() for _ in range(16)]
    longest = 0
    for _ in range(20):
        began = time.monotonic()
        with backend.tls() as client:
            ask(client, "/uuid")
        longest = max(longest, (time.monotonic() - began) * 1000)
    backend.stop()
    return longest


def delays(sni_lab, folder):
    backend = Backend(sni_lab, folder)
    clients = [backend.tls() for _ in range(20)]
    threads = [threading.Thread(target=ask, args=(client, "/delay/1")) for client in clients]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    backend.stop()
    return took * 1000


def thousand(sni_lab, folder):
    backend = Backend(sni_lab, folder)
    held = [idle(backend) for _ in range(1000)]
    time.sleep(1)
    memory = backend.resident_mb()
    before = backend.cpu()
    time.sleep(5)
    percent = (backend.cpu() - before) / 5 * 100
    stop = backend.stop()
    for client in held:
        assert client.recv(1) == b""
    return memory, percent, stop


def main():
    sni_lab = os.path.abspath(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=httpbin.example.com", "-keyout", "a.key", "-out", "a.crt"],
                       cwd=folder, check=True, capture_output=True)
        wait = new_client(sni_lab, folder)
        slept = delays(sni_lab, folder)
        memory, percent, stop = thousand(sni_lab, folder)
    figures = {"new_client_ms": (wait, 50), "20_delays_of_1_s_ms": (slept, 1200), "1000_idle_mb": (memory, 64),
               "1000_idle_cpu_percent": (percent, 1), "stop_with_1000_idle_ms": (stop, 50)}
    print(json.dumps({name: {"measured": round(value, 1), "limit": limit} for name, (value, limit) in figures.items()},
                     indent=2))
    sys.exit(any(value > limit for value, limit in figures.values()))


main()
