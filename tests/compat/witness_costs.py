#!/usr/bin/env python3
"""What a witness holds after SESSIONS connections, all that it keeps, and how long one verify by it takes, process and
all. Prints figures and limits; exit 1 when one is missed.

usage: witness_costs.py SNI_LAB [SESSIONS]      needs openssl, and a machine that is otherwise quiet
"""
import json, os, re, socket, ssl, statistics, subprocess, sys, tempfile, time, urllib.request

NAME = "shop.example.com"
VERIFIES = 20


def started(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return process, process.stdout.readline()


def resident_mb(process):
    with open(f"/proc/{process.pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024


def connect(address, count):
    context = ssl._create_unverified_context()
    host, port = address.rsplit(":", 1)
    for _ in range(count):
        with socket.create_connection((host, int(port)), timeout=20) as plain:
            with context.wrap_socket(plain, server_hostname=NAME) as tls:
                tls.sendall(f"GET /uuid HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
                while tls.recv(65536):
                    pass


def verify_ms(sni_lab, gateway, page):
    began = time.monotonic()
    asked = subprocess.run([sni_lab, "verify", "--gateway", gateway, "--sni", NAME, "--witness", page, "--identity",
                            "witness.key.pub"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    took = (time.monotonic() - began) * 1000
    assert asked.returncode == 0 and "PASSTHROUGH PROVEN" in asked.stdout, asked.stdout
    return took


def measure(sni_lab, sessions):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    "a.key", "-out", "a.crt", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"],
                   check=True, stderr=subprocess.DEVNULL)
    backend, line = started([sni_lab, "backend", "--listen", "127.0.0.1:0", "--cert", "a.crt", "--key", "a.key"])
    service = line.split()[1]
    witness, line = started([sni_lab, "witness", "--listen", "127.0.0.1:0", "--to", service, "--identity", "witness.key",
                             "--admin", "127.0.0.1:0", "--name", "shop"])
    try:
        gateway = line.split()[1]
        page = witness.stdout.readline().split()[1]
        connect(gateway, 20)
        before = resident_mb(witness)
        connect(gateway, sessions)
        held = resident_mb(witness) - before
        with urllib.request.urlopen(f"http://{page}/metrics", timeout=20) as answer:
            kept = int(re.search(r"^sni_lab_witness_sessions_kept (\d+)$", answer.read().decode(), re.M)[1])
        assert kept >= sessions, kept
        took = statistics.median(verify_ms(sni_lab, gateway, page) for _ in range(VERIFIES))
    finally:
        for process in (witness, backend):
            process.terminate()
            process.wait(timeout=30)
    return {"kept_mb": (held, 12), "verify_ms": (took, 50)}


def main():
    sni_lab = os.path.abspath(sys.argv[1])
    sessions = int(sys.argv[2]) if len(sys.argv) > 2 else 9_900
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        figures = measure(sni_lab, sessions)
        os.chdir("/")
    print(json.dumps({name: {"measured": round(value, 2), "limit": limit, "ratio": round(value / limit, 2)}
                      for name, (value, limit) in figures.items()}, indent=2))
    sys.exit(any(value > limit for value, limit in figures.values()))


main()
