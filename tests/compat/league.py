#!/usr/bin/env python3
"""What the gateways of this machine do with every shape of ClientHello: writes lab/torture/LEAGUE.md.

usage: league.py SNI_LAB [--peers FOLDER] [--out FILE] [--html FILE] [--runs N]

Asks each gateway that is installed, and each in FOLDER/bin, by sni-lab torture --peer. FOLDER is yours to fill:
bin/haproxy34, nginx130, sniproxy07 and sslh23 are newer ones than the system's; envoy and caddy (with caddy-l4) are as
everywhere; traefik FILE and tcpproxy ADDR NAME=ADDR... are the smallest programs around those libraries' routers (which
is what --peer traefik-router --print-config and --peer tcpproxy --print-config show). Who is not there is named as
skipped. With --runs N each is asked N times, and every shape whose verdict is not the same each time is named.
"""
import argparse
import collections
import datetime
import json
import os
import platform
import shutil
import subprocess
import tempfile

SYSTEM = ["haproxy", "nginx", "envoy", "sniproxy", "sslh", "caddy"]
FOLDER = {"haproxy34": "haproxy", "nginx130": "nginx", "envoy": "envoy", "sniproxy07": "sniproxy", "sslh23": "sslh",
          "caddy": "caddy", "traefik": "traefik-router", "tcpproxy": "tcpproxy"}
# What a Go program was built from says more than it does itself.
MODULES = {"caddy": "github.com/mholt/caddy-l4", "traefik-router": "github.com/traefik/traefik/v3", "tcpproxy": "github.com/inetaf/tcpproxy"}
NAMES = {"haproxy": "HAProxy", "nginx": "nginx (stream)", "envoy": "Envoy", "caddy": "Caddy (caddy-l4)",
         "traefik-router": "Traefik's TCP router", "tcpproxy": "inetaf/tcpproxy"}
NOTES = {"sslh": "What hangs here differs from run to run: it takes several connections at once, and with `--jobs 1` no whole hello hangs.",
         "traefik-router": "Its TCP router in a program of a few lines, not Traefik as a whole.",
         "tcpproxy": "A library, in a program of a few lines."}
RED = ("misrouted", "altered", "lost", "hung", "crashed")


def contestants(folder):
    """(product, --peer's value); of programs of the same name only the folder's."""
    own = [(product, f"{product}={folder}/bin/{program}") for program, product in FOLDER.items()
           if folder and os.access(f"{folder}/bin/{program}", os.X_OK)]
    taken = {product for product, peer in own if peer.endswith("/" + product)}
    order = ["sni-lab", *dict.fromkeys(FOLDER.values())]
    everybody = [("sni-lab", "sni-lab")] + [(p, p) for p in SYSTEM if p not in taken] + own
    return sorted(everybody, key=lambda one: order.index(one[0]))


def built_from(product, peer):
    """The version of the module that a Go program's router comes from; empty when nobody can tell."""
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if product not in MODULES or "=" not in peer or not os.access(go, os.X_OK):
        return ""
    said = subprocess.run([go, "version", "-m", peer.split("=", 1)[1]], capture_output=True, text=True).stdout
    for line in said.split("\n"):
        words = line.split()
        if len(words) > 2 and words[1] == MODULES[product]:
            return words[2].lstrip("v")
    return ""


def ask(sni_lab, peer, config):
    """The document, or why there is none."""
    ran = subprocess.run([sni_lab, "torture", "--peer", peer, "--config", config, "--json"], capture_output=True, text=True)
    if ran.returncode in (0, 1):
        return json.loads(ran.stdout), ""
    lines = [line.removeprefix("why: ") for line in ran.stderr.split("\n") if line.startswith("why: ")]
    return None, (lines or ran.stderr.split("\n"))[0].strip()


def varying(runs):
    """Names of shapes whose verdict differs between runs."""
    seen = collections.defaultdict(set)
    for run in runs:
        for shape in run["shapes"]:
            seen[shape["name"]].add((shape["verdict"], shape["well"]))
    return sorted(name for name, verdicts in seen.items() if len(verdicts) > 1)


def heading(run):
    return " ".join(filter(None, [NAMES.get(run["product"], run["product"]), run.get("version"), f"({run['config']})"]))


def differences(run):
    """A line for each kind of difference in a group."""
    kinds = collections.OrderedDict()
    for shape in run["shapes"]:
        if shape["verdict"] in RED or (shape["verdict"] == "refused" and shape["rule"] == "must_pass"):
            kinds.setdefault((shape["verdict"], shape["name"].split("/")[0]), []).append(shape)
    lines = []
    for (verdict, group), shapes in sorted(kinds.items(), key=lambda kind: (RED + ("refused",)).index(kind[0][0])):
        sources = list(dict.fromkeys(shape["source"] for shape in shapes))
        more = f" and {len(sources) - 2} more" if len(sources) > 2 else ""
        lines.append(f"- {verdict}: {len(shapes)} of `{group}`, as `{shapes[0]['name']}` ({shapes[0]['how']}); differs from "
                     f"{', '.join(sources[:2])}{more}")
    mends = dict.fromkeys(shape["mended_by"] for shape in run["shapes"] if "mended_by" in shape)
    if mends:
        lines += ["", "Settings that mend some of it:", "", *(f"- {mend}" for mend in mends)]
    return lines or ["- nothing"]


def asked(options):
    runs, skipped, unstable = [], [], []
    for product, peer in contestants(options.peers):
        for config in ("guide",) if product == "sni-lab" else ("guide", "tuned"):
            tries = []
            for _ in range(options.runs):
                run, why = ask(options.sni_lab, peer, config)
                if run is None:
                    break
                module = built_from(product, peer)
                if module:
                    own = run.get("version")
                    run["version"] = f"{own} with {MODULES[product].rsplit('/', 1)[-1]} {module}" if own else module
                tries.append(run)
            print(f"{peer} {config}: {len(tries)} runs", flush=True)
            if not tries:
                skipped.append(f"{NAMES.get(product, product)} of {'the folder' if '=' in peer else 'the system'}: {why}")
                break
            runs.append(tries[0])
            names = varying(tries)
            if names:
                unstable.append(f"{heading(tries[0])}: {', '.join(names)}")
    missing = set(FOLDER.values()) - {run["product"] for run in runs} - set(SYSTEM)
    return runs, skipped + [f"{NAMES.get(name, name)}: no folder of peers has it" for name in sorted(missing)], unstable


def page(runs, skipped, unstable, table, options):
    text = ["# What gateways do with every ClientHello", "",
            f"Made by `tests/compat/league.py` on {datetime.date.today().isoformat()}, Linux {platform.release().split('-')[0]}, {os.cpu_count()} "
            f"cores; {runs[0]['wanted']} shapes, seed {runs[0]['seed']}.", "",
            "Each gateway passes one name on to a target and everything else to a default; [README.md](README.md) says what the",
            "verdicts mean. *guide* is set up as the product's common guides do it, *tuned* as somebody would who has read this page;",
            "`sni-lab torture --peer NAME --config guide --print-config` shows either. Products change and so do their defaults: ask your",
            "own with your own configuration. A difference from an RFC is a difference, and no statement about anything else.", "",
            table.rstrip(), "", "## What differs", ""]
    for run in runs:
        text += [f"### {heading(run)}", "", f"`sni-lab torture --peer {run['product']} --config {run['config']}`", ""]
        text += [NOTES[run["product"]], ""] if run["product"] in NOTES else []
        text += [*differences(run), ""]
    text += ["## Skipped", "", *([f"- {line}" for line in skipped] or ["- nobody"]), ""]
    if options.runs > 1:
        text += ["## Steadiness", "", f"Each was asked {options.runs} times; shapes with more than one verdict:", "",
                 *([f"- {line}" for line in unstable] or ["- none, at any gateway"]), ""]
    return "\n".join(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sni_lab")
    parser.add_argument("--peers")
    parser.add_argument("--out", default="lab/torture/LEAGUE.md")
    parser.add_argument("--html")
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    runs, skipped, unstable = asked(options)
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for i, run in enumerate(runs):
            files.append(f"{folder}/{i:02}.json")
            with open(files[-1], "w") as file:
                json.dump(run, file)
        compare = [options.sni_lab, "torture", "compare", *files, "--markdown"]
        table = subprocess.run(compare + (["--html", options.html] if options.html else []), check=True, capture_output=True, text=True).stdout
    with open(options.out, "w") as file:
        file.write(page(runs, skipped, unstable, table, options))


main()
