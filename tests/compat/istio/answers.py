"""What Istio and what sni-lab say of one set of manifests, in the same words: a dict from question to answer.

Questions and answers are the lines of tests/data/istio: "443 NAME at NAMESPACE/GATEWAY" is answered by "routed
cargo.dock:443 100%", "TLSRoute dock/one at dock/quay: Accepted" by "Accepted True Accepted", and what analyzers say,
"analyze Gateway dock/edge: IST0162", by "said". Two answers are alike when they are the same text; tests/routing/istio_answers_test.cpp asks in the same way.
"""
import json
import math
import subprocess

# Whose status sni-lab tells, and what of it Istio alone has a word for.
TOLD = ("Gateway", "ListenerSet", "TLSRoute", "TCPRoute", "HTTPRoute", "GRPCRoute")
UNTOLD = ("OverlappingTLSConfig", "ResolvedWaypoints")
# Of the analyzers' messages those about gateways, what leads through them, and where it leads.
ANALYZED = tuple(f"IST0{number}" for number in (
    101, 102, 106, 109, 112, 116, 118, 128, 129, 130, 131, 132, 133, 134, 137, 138, 140, 145, 149, 150, 161, 162, 165, 173, 174, 176, 177))


class Oracle:
    """The program of this folder, kept running: a set goes in, Istio's document comes out."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, paths):
        self.process.stdin.write(json.dumps([str(p) for p in paths]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the oracle ended over {paths}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def shares(parts):
    """[("cargo.dock:443", 3), …] as "cargo.dock:443 75% + closed 25%"; what is closed altogether is a reset."""
    total = sum(weight for _, weight in parts)
    sums = {}
    for where, weight in parts:
        sums[where] = sums.get(where, 0) + weight
    if not total or set(sums) == {"closed"}:
        return "reset"
    return "routed " + " + ".join(f"{where} {math.floor(100 * weight / total + 0.5)}%" for where, weight in sorted(sums.items()))


def chain_for(listener, name):
    """Envoy's choice for a TLS client: the exact name, the longest wildcard, no name; among those, one for TLS first."""
    keys = ["*"]
    if name:
        labels = name.lower().split(".")
        keys = [name.lower()] + ["*." + ".".join(labels[i:]) for i in range(1, len(labels))] + keys
    for key in keys:
        fits = [c for c in listener["chains"] if key in ([n.lower() for n in c["names"]] or ["*"])]
        if fits:
            for transport in ("tls", None):
                for chain in fits:
                    if chain.get("transport") == transport:
                        return chain
            return None  # Envoy does not come back from a name
    return None


def istio_says(workload, port, name):
    here = [l for l in workload["listeners"] if port in l["ports"]]
    if not here:
        return "closed-port"
    everywhere = [l for l in here if l["address"] in ("0.0.0.0", "::")]
    outside = [l for l in here if not l["address"].startswith("127.") and l["address"] != "::1"]
    listener = (everywhere or outside or here)[0]
    if listener.get("rejected"):
        return "listener-rejected"
    chain = chain_for(listener, name)
    if chain is None or chain["ends"] == "plain":  # HTTP makes nothing of a ClientHello
        return "reset"
    if chain["ends"] == "gateway":
        return "terminate"
    if chain["ends"] == "sni":
        return f"routed to the cluster {name}"
    return shares([("closed" if d.get("closed") else f"{d['host'].removesuffix('.svc.cluster.local')}:{d['port']}", d["weight"]) for d in chain["to"]])


def questions(document):
    """(port, name or None, "namespace/gateway", its workload) of all that is worth asking."""
    for workload in document["workloads"]:
        for gateway in workload["gateways"]:
            for port in document["ports"]:
                for name in document["names"]:
                    yield port, name, gateway, workload


def key_of(port, name, gateway):
    return f"{port} {name or '-'} at {gateway}"


def statuses(conditions):
    """Both sides' conditions by their object, the ones that only one side has a word for left out."""
    found = {}
    for c in conditions:
        if c["kind"] not in TOLD or c["type"] in UNTOLD:
            continue
        key = f"{c['kind']} {c['object']}"
        key += f" at {c['parent']}" if c.get("parent") else ""
        key += f" listener {c['listener']}" if c.get("listener") else ""
        key += f" section {c['section']}" if c.get("section") else ""
        found[f"{key}: {c['type']}"] = f"{c['type']} {c['status']} {c['reason']}"
    return found


def findings(told):
    """{"analyze Gateway dock/edge: IST0162": "said"} of (object, code)."""
    return {f"analyze {thing}: {code}": "said" for thing, code in sorted(told) if code in ANALYZED}


def analyzed_by_istio(document):
    return findings((m["object"], m["code"]) for m in document["analyze"])


def of_istio(document):
    said = {key_of(port, name, gateway): istio_says(workload, port, name) for port, name, gateway, workload in questions(document)}
    said.update(statuses(document["status"]))
    for a in document["attached"]:
        said[f"attached {a['listener']}"] = str(a["routes"])
    said.update(analyzed_by_istio(document))
    return said


def route(lab, paths, port, names):
    """`sni-lab route --json`, or why there is none."""
    flags = ["--json", "--port", str(port), "--no-sni"] + [word for name in names if name for word in ("--sni", name)]
    ran = subprocess.run([lab, "route", *map(str, paths), *flags], capture_output=True, text=True)
    if ran.returncode not in (0, 4):
        why = [line.split(" error: ", 1)[1] for line in ran.stderr.splitlines() if " error: " in line]
        raise RuntimeError(f"refused: {why or ran.stderr.strip()}")
    return json.loads(ran.stdout)


def found_by_lab(lab, paths):
    """[(object, code, message)] of `sni-lab analyze --json`."""
    ran = subprocess.run([lab, "analyze", *map(str, paths), "--json"], capture_output=True, text=True)
    if ran.returncode not in (0, 1):
        raise RuntimeError(f"analyze: {ran.stderr.strip()}")
    told = json.loads(ran.stdout)["findings"]
    return [(f"{f['kind']} {f['namespace']}{'/' if f['namespace'] else ''}{f['name']}", f["code"], f["message"]) for f in told]


def lab_says(answer):
    if answer["outcome"] != "routed":
        return answer["outcome"]
    def where(d):
        if d.get("problem"):
            return "closed"
        return f"{d['name']}.{d['namespace']}:{d['port']}" if d["kind"] == "Service" else f"{d['name']}:{d['port']}"
    return shares([(where(d), d["weight"]) for d in answer["destinations"]])


def of_lab(lab, paths, document):
    """sni-lab's answers to what Istio's document asks; what it finds is kept in the document."""
    said, report = {}, None
    answers = {}
    for port in document["ports"] or [443]:
        report = route(lab, paths, port, document["names"])
        for answer in report["answers"]:
            answers.setdefault((port, answer["sni"]), []).append(answer)
    for port, name, gateway, _ in questions(document):
        each = answers[port, name]
        # Where there is one gateway only, or none with this port, its name is not said.
        own = [a for a in each if gateway in a.get("gateways", [gateway])]
        said[key_of(port, name, gateway)] = lab_says(own[0]) if own else "closed-port"
    for c in report["conditions"]:
        c["object"] = f"{c['namespace']}/{c['name']}"
        if c["parent"]:
            c["section"], c["listener"] = c["listener"], None
    said.update(statuses(report["conditions"]))
    for a in report["attached"]:
        of_set = "/" in a["listener"]
        said["attached " + (a["listener"] if of_set else f"{a['gateway']}/{a['listener']}")] = str(a["routes"])
    document["found"] = found_by_lab(lab, paths)
    said.update(findings((thing, code) for thing, code, _ in document["found"]))
    return said


def differences(istio, lab):
    """[(question, ours, theirs)], in the order of the questions."""
    asked = list(istio) + [key for key in lab if key not in istio]
    return [(key, lab.get(key, "nothing"), istio.get(key, "nothing")) for key in asked if lab.get(key) != istio.get(key)]
