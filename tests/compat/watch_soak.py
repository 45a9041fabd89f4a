#!/usr/bin/env python3
"""Lets verify --every probe a lab without a pause, PROBES times or for MINUTES, whichever is first, and looks at its
memory. tests/e2e/watch_soak_test.cpp does so shortly. Prints figures and limits; exit 1 when one is missed.

usage: watch_soak.py SNI_LAB [PROBES [MINUTES]]
"""
import json, os, re, signal, subprocess, sys, tempfile, time, urllib.request

NAME = "httpbin.example.com"


def resident_kb(process):
    with open(f"/proc/{process.pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


def rounds(page):
    with urllib.request.urlopen(page, timeout=600) as answer:
        text = answer.read().decode()
    assert 'verdict="proven"} 1' in text, text
    return int(re.search(r"^sni_lab_passthrough_rounds_total (\d+)$", text, re.M)[1])


def soak(sni_lab, probes, minutes):
    with open(".sni-lab/lab.json") as file:
        gateway = json.load(file)["gates"][0]["endpoint"]
    watch = subprocess.Popen([sni_lab, "verify", "--gateway", gateway, "--sni", NAME, "--every", "1ms", "--admin",
                              "127.0.0.1:0", "--timeout", "600s"], stdout=subprocess.PIPE, text=True)
    page = f"http://{watch.stdout.readline().split()[1]}/metrics"
    assert watch.stdout.readline() == f"{NAME}: PASSTHROUGH PROVEN\n"
    began, early, done, most = time.monotonic(), None, 0, 0
    while done < probes and time.monotonic() - began < minutes * 60:
        time.sleep(0.2)
        done, now = rounds(page), resident_kb(watch)
        most = max(most, now)
        if early is None and done >= probes / 100:
            early = now
    late, took = resident_kb(watch), time.monotonic() - began
    watch.send_signal(signal.SIGTERM)
    assert watch.wait(timeout=30) == 0, watch.returncode
    print(f"{done} probes in {took:.0f} s; {early} KB after a hundredth of {probes}, {late} KB at the end, "
          f"{most} KB at most")
    return (late - early) / 1024


def main():
    sni_lab = os.path.abspath(sys.argv[1])
    probes = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    minutes = float(sys.argv[3]) if len(sys.argv) > 3 else 30
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        subprocess.run([sni_lab, "up", "--detach"], check=True, stdout=subprocess.DEVNULL)
        try:
            grown = soak(sni_lab, probes, minutes)
        finally:
            subprocess.run([sni_lab, "down"], check=True, stdout=subprocess.DEVNULL)
            os.chdir("/")
    print(json.dumps({"watch_growth_mb": {"measured": round(grown, 2), "limit": 2, "ratio": round(grown / 2, 2)}}))
    sys.exit(grown > 2)


main()
