#!/usr/bin/env python3
"""Writes clients.log and service.log, what two witnesses would have of SESSIONS connections that all passed, and
asks SNI_LAB match about them, ROUNDS times. Prints the least time, the memory, and limits; exit 1 when one is missed.

usage: witness_logs.py SNI_LAB [SESSIONS [ROUNDS]]      needs a machine that is otherwise quiet
"""
import hashlib, json, os, random, subprocess, sys, tempfile, time

BEGAN = 1_795_333_681_000


def digest(*words):
    return hashlib.sha256(":".join(map(str, words)).encode()).hexdigest()


def stream(number, way, size):
    points = [digest(number, way, 1 << power) for power in range(10, size.bit_length()) if 1 << power <= size]
    return {"bytes": size, "sha256": digest(number, way), "checkpoints": points}


def session(number, peer):
    """Of curl, TLS 1.3; a page of some KiB came back."""
    began = BEGAN + number * 36
    return {
        "schema": "sni-lab/witnessed/1", "id": number, "peer": f"{peer}:{1024 + number % 60000}", "proxy_source": None,
        "began_ms": began, "ended_ms": began + 20, "sni": f"shop-{number % 50}.example.com", "alpn": ["h2", "http/1.1"],
        "ja4": "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6", "early_data_offered": False, "up_before_tls": 0,
        "hellos": [{"sha256": digest(number, "hello"), "bytes": 512, "records": 1, "shape": "t13d3112h2"}],
        "down_before_tls": 0,
        "server": {"version": "TLSv1.3", "cipher_suite": "TLS_AES_256_GCM_SHA384", "group": "x25519",
                   "pre_shared_key": False, "full": True, "extended_master_secret": False, "session_ticket": False,
                   "hello_sha256": digest(number, "answer")},
        "up": stream(number, "up", 800 + number % 500), "down": stream(number, "down", 2000 + number * 7919 % 20000),
        "client_end": "finished", "service_end": "finished"}


def log(name, numbers, peer):
    mark = {"schema": "sni-lab/witness-log/1", "witness": name}
    end = {"event": "ended", "time_ms": BEGAN + len(numbers) * 36 + 300_000, "lost": 0}
    # One by one: what this process holds when it starts another counts as that one's memory.
    with open(f"{name}.log", "w") as file:
        def write(line):
            file.write(json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n")
        write(mark | {"event": "began", "time_ms": BEGAN - 300_000})
        for number in numbers:
            write(session(number, peer))
        write(mark | end)


def ask(sni_lab, sessions):
    began = time.monotonic()
    asked = subprocess.Popen([sni_lab, "match", "clients.log", "service.log"], stdout=subprocess.PIPE, text=True)
    text = asked.stdout.read()
    _, status, usage = os.wait4(asked.pid, 0)
    took = time.monotonic() - began
    assert status == 0 and f"passed {sessions}\n" in text, text
    return took, usage.ru_maxrss / 1024


def main():
    sni_lab = os.path.abspath(sys.argv[1])
    sessions, rounds = (int(word) for word in (sys.argv[2:] + ["100000", "5"][len(sys.argv) - 2:]))
    numbers = list(range(sessions))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        log("clients", numbers, "192.0.2.7")
        random.Random(1).shuffle(numbers)
        log("service", numbers, "198.51.100.9")
        size = os.path.getsize("clients.log") / 1e6
        took, memory = (min(figures) for figures in zip(*(ask(sni_lab, sessions) for _ in range(rounds))))
        os.chdir("/")
    figures = {"match_s": (took, 1), "match_mb": (memory, 200)}
    print(f"{sessions} sessions, {size:.0f} MB a log")
    print(json.dumps({name: {"measured": round(value, 2), "limit": limit, "ratio": round(value / limit, 2)}
                      for name, (value, limit) in figures.items()}, indent=2))
    sys.exit(any(value > limit for value, limit in figures.values()))


main()
