"""Differences that have a reason: each by its name in lab/routing/README.md or lab/analyze/README.md."""

LEGACY = "the old way to name a Gateway"


def reason(document, difference):
    """The name of the difference's reason; None: it has none."""
    question, ours, theirs = difference
    if not question.startswith("analyze "):
        return "behind another number" if behind_another_number(document, question, ours) else None
    thing, code = question.removeprefix("analyze ").rsplit(": ", 1)
    istio = Said((m["code"], m["text"]) for m in document["analyze"] if m["object"] == thing)
    lab = Said((own, message) for about, own, message in document["found"] if about == thing)
    for name, side, codes, holds in ANALYZED:
        if code in codes and side == ("Istio" if ours == "nothing" else "sni-lab") and holds(document, istio, lab, code):
            return name
    return None


def behind_another_number(document, question, ours):
    """Istio has the port, since a Service leads it where another port of a Gateway is open; ours is closed, since no
    Gateway of these pods names it.
    """
    if not question[0].isdigit() or ours != "closed-port":
        return False
    port, gateway = int(question.split()[0]), question.rsplit(" at ", 1)[1]
    return any(port in listener["ports"] and len(listener["ports"]) > 1
               for workload in document["workloads"] if gateway in workload["gateways"] for listener in workload["listeners"])


class Said:
    """What one side says of one object."""

    def __init__(self, pairs):
        self.pairs = list(pairs)

    def has(self, code, part=""):
        return any(own == code and part in text for own, text in self.pairs)

    def each(self, code, holds):
        texts = [text for own, text in self.pairs if own == code]
        return bool(texts) and all(holds(text) for text in texts)


def old_or_of_gateway_api(document, istio, lab, code):
    known = {gateway for workload in document["workloads"] for gateway in workload["gateways"]}

    def is_there(text):
        name = text.split('"')[1]
        return "." in name.split("/")[0] or any(gateway in (name, gateway.split("/")[0] + "/" + name) for gateway in known)
    return istio.each(code, lambda text: text.startswith("Referenced gateway ") and is_there(text))


def of_no_gateway(document, istio, lab, code):
    missing = [text.split('"')[1] for own, text in istio.pairs if own == "IST0101" and text.startswith("Referenced gateway ")]

    def is_missing(text):
        gateway = text.removesuffix(".").rsplit(" Gateway ", 1)[1]
        return any(gateway == name or gateway.endswith("/" + name) for name in missing)
    return istio.each(code, is_missing)


# name, who says it alone, codes, whether it holds
ANALYZED = [
    ("Gateways that only the control plane finds", "Istio", ("IST0101",), old_or_of_gateway_api),
    ("hosts of a missing Gateway", "Istio", ("IST0132",), of_no_gateway),
    ("the last server of a port", "Istio", ("IST0145",), lambda document, istio, lab, code: lab.has("X-PORT-CONFLICT")),
    ("addresses, said twice", "Istio", ("IST0133",),
     lambda document, istio, lab, code: lab.has("IST0134") and istio.each(code, lambda text: "addresses are required" in text)),
    ("old names behind short ones", "sni-lab", ("IST0133",), lambda document, istio, lab, code: lab.each(code, lambda text: LEGACY in text)),
    ("subsets that are not exported", "sni-lab", ("IST0101",), lambda document, istio, lab, code: lab.each(code, lambda text: "the subset" in text)),
    ("hosts that a gateway has no cluster for", "sni-lab", ("IST0101",), lambda document, istio, lab, code: lab.each(code, lambda text: "has the host" in text)),
    ("ports of a hidden Service", "sni-lab", ("IST0112",), lambda document, istio, lab, code: istio.has("IST0101", "Referenced host not found")),
    ("whose pods a subset has", "sni-lab", ("IST0173",), lambda document, istio, lab, code: True),
]
