#!/usr/bin/env python3
"""How many requests and handshakes a second, and a second of CPU, buys: sni-lab's backend with one thread
and with as many as there are cores, nginx with a static file and as many workers, and httpbin under gunicorn,
one after the other in turns, same certificate, same load, one run. Ratios are of sni-lab with one thread.
wrk asks and, connection by connection, resumes its sessions; ab knows no session and makes full handshakes.

usage: throughput.py SNI_LAB [SECONDS [ROUNDS [CONNECTIONS [PATH]]]]
       PATH of sni-lab and httpbin, /bytes/100 unless told     needs wrk, openssl; ab, nginx and gunicorn where there
"""
import json, os, shutil, signal, socket, ssl, statistics, subprocess, sys, tempfile, time, urllib.request

TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    """Of a process and all below it."""
    total, todo = 0, [pid]
    while todo:
        one = todo.pop()
        try:
            with open(f"/proc/{one}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children") as f:
                    todo += [int(child) for child in f.read().split()]
        except FileNotFoundError:
            pass
    return total / TICKS


class Server:
    def __init__(self, name, command, port, path, folder):
        self.name, self.url = name, f"https://127.0.0.1:{port}{path}"
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.requests, self.full, self.resumed = [], [], []  # for a second of its CPU, and for one of the clock
        context = ssl._create_unverified_context()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        for _ in range(600):
            try:
                opener.open(self.url, timeout=5).read()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit(f"{name} does not answer")

    def measure(self, command, count):
        """Answers for a second of this server's CPU, and for one of the clock; count(words) of what command prints."""
        before, began = cpu_seconds(self.process.pid), time.monotonic()
        out = subprocess.run(command + [self.url], check=True, capture_output=True, text=True).stdout
        took, used = time.monotonic() - began, cpu_seconds(self.process.pid) - before
        if "Non-2xx" in out:
            sys.exit(f"{self.name}: {out}")
        answers = count(out.split())
        return answers / max(used, 0.01), answers / took

    def ask(self, seconds, connections, *headers):
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
        for header in headers:
            command += ["-H", header]
        return self.measure(command, lambda words: int(words[words.index("requests") - 1]))

    def connect(self, seconds, connections):
        command = ["ab", "-q", "-t", str(seconds), "-n", "100000000", "-c", str(connections)]
        return self.measure(command, lambda words: int(words[words.index("Complete") + 2]))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def servers(sni_lab, path, folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=httpbin.example.com", "-keyout", "a.key", "-out", "a.crt"],
                   cwd=folder, check=True, capture_output=True)
    each = sorted({1, len(os.sched_getaffinity(0))})
    for threads in each:
        port = free_port()
        yield Server(f"sni-lab {threads}t",
                     [sni_lab, "backend", "--listen", f"127.0.0.1:{port}", "--cert", "a.crt", "--key", "a.key",
                      "--identity", "id.key", "--threads", str(threads)], port, path, folder)
    nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    for workers in each if nginx else ():
        port = free_port()
        os.makedirs(f"{folder}/www", exist_ok=True)
        with open(f"{folder}/www/100", "w") as f:
            f.write("x" * 100)
        os.chmod(folder, 0o755)
        with open(f"{folder}/nginx{workers}.conf", "w") as f:
            f.write(f"""worker_processes {workers}; daemon off; pid {folder}/nginx{workers}.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log {folder}/access.log; keepalive_requests 1000000; client_body_temp_path {folder}/t;
proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/a.crt; ssl_certificate_key {folder}/a.key;
ssl_protocols TLSv1.2 TLSv1.3; root {folder}/www; }} }}""")
        yield Server(f"nginx {workers}w", [nginx, "-c", f"{folder}/nginx{workers}.conf", "-p", folder,
                                           "-e", f"{folder}/error.log"], port, "/100", folder)
    if gunicorn := shutil.which("gunicorn"):
        port = free_port()
        yield Server("gunicorn", [gunicorn, "--bind", f"127.0.0.1:{port}", "--workers", "1", "--worker-class", "gthread",
                                  "--threads", "16", "--keep-alive", "60", "--certfile", "a.crt", "--keyfile", "a.key",
                                  "--access-logfile", "access", "httpbin:app"], port, path, folder)


def main():
    sni_lab = os.path.abspath(sys.argv[1])
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    connections = int(sys.argv[4]) if len(sys.argv) > 4 else 16
    path = sys.argv[5] if len(sys.argv) > 5 else "/bytes/100"
    with tempfile.TemporaryDirectory() as folder:
        running = []
        try:
            for server in servers(sni_lab, path, folder):
                running.append(server)
            for turn in range(rounds):
                at = turn % len(running)
                for server in running[at:] + running[:at]:
                    server.requests.append(server.ask(seconds, connections))
                    server.resumed.append(server.ask(seconds, connections, "Connection: close"))
                    if shutil.which("ab"):
                        server.full.append(server.connect(seconds, connections))
        finally:
            for server in running:
                server.stop()
    report = []
    for server in running:
        line = {"server": server.name}
        for name, figures, ours in (("requests", server.requests, running[0].requests),
                                    ("full_handshakes", server.full, running[0].full),
                                    ("resumptions", server.resumed, running[0].resumed)):
            for unit, theirs, sni_lab_s in zip(("cpu_second", "second"), zip(*figures), zip(*ours)):
                line[f"{name}_per_{unit}"] = round(statistics.median(theirs))
                line[f"sni_lab_ratio_{name}_per_{unit}"] = round(
                    statistics.median(sni_lab_s) / statistics.median(theirs), 2)
        report.append(line)
    print(json.dumps(report, indent=2))


main()
