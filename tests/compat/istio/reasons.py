"""Differences that have a reason: each by its name in lab/routing/README.md or lab/analyze/README.md."""

import re

LEGACY = "the old way to name a Gateway"


def reasons(document, difference):
    """The names of the difference's reasons, one for each message; empty: some message has none."""
    question, ours, theirs = difference
    if not question.startswith("analyze "):
        return ["behind another number"] if behind_another_number(document, question, ours) else []
    thing, code = question.removeprefix("analyze ").rsplit(": ", 1)
    istio = Said(thing, ((m["code"], m["text"]) for m in document["analyze"] if m["object"] == thing))
    lab = Said(thing, ((own, message) for about, own, message in document["found"] if about == thing))
    side = "Istio" if ours == "nothing" else "sni-lab"
    names = [reason_of(document, *pair, code, side) for pair in alone(istio, lab, code, side)]
    return list(dict.fromkeys(names)) if all(names) else []


def alone(istio, lab, code, side):
    """What both sides say, but of the code only one message of that side, which each have a reason of their own."""
    if side == "Istio":
        return [(one, lab) for one in istio.one_of(code)]
    return [(istio, one) for one in lab.one_of(code)]


def reason_of(document, istio, lab, code, side):
    """Of that one message; None: it has no reason."""
    for name, who, codes, holds in ANALYZED:
        if code in codes and side == who and holds(document, istio, lab, code):
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

    def __init__(self, thing, pairs):
        self.thing, self.pairs = thing, list(pairs)

    def has(self, code, part=""):
        return any(own == code and part in text for own, text in self.pairs)

    def one_of(self, code):
        """The same for each text of the code, without its others."""
        others = [pair for pair in self.pairs if pair[0] != code]
        return [Said(self.thing, [*others, pair]) for pair in dict.fromkeys(self.pairs) if pair[0] == code]

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


class Objects:
    """The objects of a set, and the pods that controllers made."""

    def __init__(self, document):
        self.all = document["objects"]

    def spec(self, thing):
        """Of "Kind ns/name"."""
        kind, path = thing.split(" ")
        for each in self.all:
            if each["kind"] == kind and (each["metadata"].get("namespace", ""), each["metadata"]["name"]) == tuple(path.split("/")):
                return each.get("spec", {})
        return {}

    def pods(self, labels):
        """Namespaces and labels of those that have all of these labels."""
        pods = [(each["metadata"]["namespace"], each["metadata"].get("labels", {})) for each in self.all
                if each["kind"] == "Pod" and "spec" not in each]
        return [(ns, own) for ns, own in pods if labels.items() <= own.items()]


def full_host(host, ns):
    return host if "." in host else f"{host}.{ns}.svc.cluster.local"


def last_servers(document, istio, lab, code):
    """We say of the same port that its servers do not go together, or two of the Gateway's own share a host on it: the
    first was compared, so that the analyzer takes its hosts for the other Gateway's.
    """
    ours = {at[1] for own, text in lab.pairs if own == "X-PORT-CONFLICT" and (at := re.search(r"\bport (\d+)", text))}
    servers = Objects(document).spec(istio.thing).get("servers", [])

    def is_apart(text):
        port, hosts = re.search(r", port (\d+), hosts ([^)]*)\)", text).groups()
        own = [server["hosts"] for server in servers if str(server["port"]["number"]) == port]
        return port in ours or sum(not set(hosts.split(",")).isdisjoint(each) for each in own) > 1
    return istio.each(code, is_apart)


def address_of_a_third(document, said, code):
    """A third Gateway has an address of its own on the port, which Istio may take for that of either."""
    ports = {at[1] for own, text in said.pairs if own == code and (at := re.search(r"\bport (\d+)", text))}
    binds = {}
    for each in document["objects"]:
        for server in each.get("spec", {}).get("servers", []) if each["kind"] == "Gateway" else []:
            binds.setdefault(str(server["port"]["number"]), []).append(server.get("bind", ""))
    return bool(ports) and all(len(binds.get(port, [])) > 2 and len(set(binds[port])) > 1 for port in ports)


def of_no_use(document, istio, lab, code):
    """Only servers that pass TLS on name these Secrets."""
    servers = Objects(document).spec(istio.thing).get("servers", [])

    def passes_on(text):
        own = [s["tls"] for s in servers if s.get("tls", {}).get("credentialName") == text.split('"')[1]]
        return "credentialName" in text and bool(own) and all(tls.get("mode", "PASSTHROUGH").endswith("PASSTHROUGH") for tls in own)
    return istio.each(code, passes_on)


def hosts_of_two_namespaces(document, istio, lab, code):
    """What they have in common is "./HOST", and they are in two namespaces. Whoever shares no host is named along."""
    objects, own = Objects(document), istio.thing.split(" ")[1].split("/")[0]

    def is_apart(text):
        others, port, hosts = re.search(r"gateways (\S+) \(.*, port (\d+), hosts ([^)]*)\)", text).groups()
        shared = {}
        for other in others.split(","):
            servers = objects.spec(f"Gateway {other}").get("servers", [])
            theirs = {host for server in servers if server["port"]["number"] == int(port) for host in server["hosts"]}
            shared[other] = theirs & set(hosts.split(","))
        met = {other: common for other, common in shared.items() if common}
        return bool(met) and all(other.split("/")[0] != own and all(host.startswith("./") for host in common)
                                 for other, common in met.items())
    return istio.each(code, is_apart)


def pods_of_others(document, istio, lab, code):
    """A pod has the labels of the subset, and none behind the Service has."""
    objects, namespace = Objects(document), lab.thing.split(" ")[1].split("/")[0]
    rule = objects.spec(lab.thing)
    host = full_host(rule["host"], namespace)
    name, ns = host.split(".")[:2]
    selector = objects.spec(f"Service {ns}/{name}").get("selector") or {}

    def is_content(text):
        subset = next(each for each in rule["subsets"] if f'the subset "{each["name"]}" of ' in text)
        labels = subset.get("labels") or {}
        own = [each for each in objects.pods({**selector, **labels}) if each[0] == ns and selector.items() <= each[1].items()]
        return bool(objects.pods(labels)) and not own
    return lab.each(code, is_content)


def destinations(service):
    return [to["destination"] for rule in service.get("http", []) for to in rule.get("route", [])]


def rules_that_no_gateway_misses(document, istio, lab, code):
    """The VirtualService's own subsets; one for sidecars alone; a short name that is another host elsewhere."""
    objects = Objects(document)

    def is_no_loss(text):
        chooser, own = re.match(r"Subset in virtual service (\S+) has no effect on ingress gateway (\S+) requests", text).groups()
        service, hosts = objects.spec(f"VirtualService {own}"), objects.spec(f"VirtualService {chooser}")["hosts"]
        common = [to["host"] for to in destinations(service) if not to.get("subset") and to["host"] in hosts]
        elsewhere = own.split("/")[0] != chooser.split("/")[0] and all("." not in host for host in common)
        return own == chooser or set(service["gateways"]) == {"mesh"} or elsewhere
    return istio.each(code, is_no_loss)


def written_in_two_ways(document, istio, lab, code):
    """The destination is a host of the other VirtualService, spelt otherwise."""
    objects, ns = Objects(document), lab.thing.split(" ")[1].split("/")[0]

    def is_one_host(text):
        other = text.split('"')[1]
        hosts = objects.spec(f"VirtualService {other}")["hosts"]
        ours = [to["host"] for to in destinations(objects.spec(lab.thing)) if not to.get("subset")]
        full = {full_host(host, other.split("/")[0]) for host in hosts}
        return any(full_host(host, ns) in full for host in ours) and not any(host in hosts for host in ours)
    return lab.each(code, is_one_host)


def of_one_service(document, istio, lab, code):
    return istio.each(code, lambda text: len(set(text[text.index("[") + 1:text.index("]")].split())) == 1)


def hidden_or_below(document, istio, lab, code):
    """A Service or a ServiceEntry of the set has the host, itself or by a wildcard."""
    hosts = set()
    for each in document["objects"]:
        ns, name = each["metadata"].get("namespace", ""), each["metadata"]["name"]
        hosts.update([f"{name}.{ns}.svc.cluster.local"] if each["kind"] == "Service" else [])
        hosts.update(each.get("spec", {}).get("hosts", []) if each["kind"] == "ServiceEntry" else [])

    def has(host):
        full = full_host(host, lab.thing.split(" ")[1].split("/")[0])
        return any(full == one or (one.startswith("*") and full.endswith(one[1:])) for one in hosts)
    return lab.each(code, lambda text: "has the host" in text and has(text.split('"')[1]))


def of_no_cluster(document, istio, lab, code):
    """We say of the same host that no ServiceEntry of that name has it."""
    closed = [text.split('"')[1] for own, text in lab.pairs if own == "IST0101" and "has the host" in text]
    return istio.each(code, lambda text: text.split('"')[1] in closed)


def of_gateway_api(document, istio, lab, code):
    """Its Gateway selects pods by the label that a Gateway of the Gateway API gives to its own."""
    return "gateway.networking.k8s.io/gateway-name" in (Objects(document).spec(istio.thing).get("selector") or {})


def of_two_entries(document, said, code):
    """Of a host that several ServiceEntries have, which do not have the same ports."""
    entries = [each for each in document["objects"] if each["kind"] == "ServiceEntry"]

    def is_shared(host):
        have = [sorted(port["number"] for port in each["spec"].get("ports", [])) for each in entries
                if host in each["spec"].get("hosts", [])]
        return len(have) > 1 and any(ports != have[0] for ports in have)

    def hosts(text):
        named = text.split('"')[1]
        if text.startswith("ServiceEntry "):  # as sni-lab says it
            return next(each["spec"]["hosts"] for each in entries
                        if f'{each["metadata"].get("namespace", "")}/{each["metadata"]["name"]}' == named)
        return [named.rpartition(":")[0] if text.startswith("Referenced host:port ") else named]
    return said.each(code, lambda text: '"' in text and any(map(is_shared, hosts(text))))


def of_a_foreign_rule(document, istio, lab, code):
    """The host is no Service's, and the DestinationRule with the subset is in another namespace than the VirtualService."""
    ns = istio.thing.split(" ")[1].split("/")[0]

    def is_elsewhere(text):
        if not text.startswith("Referenced host+subset in destinationrule not found"):
            return False
        host, _, subset = text.split('"')[1].rpartition("+")
        homes = {each["metadata"].get("namespace", "") for each in document["objects"] if each["kind"] == "DestinationRule"
                 and each["spec"]["host"] == host and subset in [one["name"] for one in each["spec"].get("subsets", [])]}
        return bool(homes) and ns not in homes and "." in host and not host.endswith(".svc.cluster.local")
    return istio.each(code, is_elsewhere)


def alias_of(document, host, ns):
    """The name behind an ExternalName Service without ports, since it needs none; empty: it is no such Service."""
    name, home = full_host(host, ns).split(".")[:2]
    service = Objects(document).spec(f"Service {home}/{name}")
    return service["externalName"] if service.get("type") == "ExternalName" and not service.get("ports") else ""


def of_an_alias(document, istio, lab, code):
    """The destination's port is none of such a Service's."""
    ns = istio.thing.split(" ")[1].split("/")[0]
    return istio.each(code, lambda text: text.startswith("Referenced host:port ")
                      and alias_of(document, text.split('"')[1].rpartition(":")[0], ns))


def to_an_alias(document, istio, lab, code):
    """A destination without a port is such a Service, and what is behind it has several."""
    ns, spec = lab.thing.split(" ")[1].split("/")[0], Objects(document).spec(lab.thing)
    open_hosts = [to["destination"]["host"] for kind in ("tls", "tcp", "http") for rule in spec.get(kind, [])
                  for to in rule.get("route", []) if "port" not in to["destination"]]
    behind = {alias_of(document, host, ns) for host in open_hosts}

    def is_behind(text):
        home, _, name = text.split('"')[1].rpartition("/")
        return f"{name}.{home}.svc.cluster.local" in behind
    return lab.each(code, is_behind)


def without_selector(document, istio, lab, code):
    """A Service that selects nobody has the port, where pods of the gateway are."""
    objects = Objects(document)
    homes = {ns for ns, _ in objects.pods(objects.spec(lab.thing).get("selector") or {})}
    idle = [each["spec"] for each in objects.all if each["kind"] == "Service" and not each["spec"].get("selector")
            and each["metadata"].get("namespace", "") in homes]
    ports = {number for spec in idle for port in spec.get("ports", []) for number in (port.get("targetPort"), port["port"])}
    return lab.each(code, lambda text: int(re.search(r"\bport (\d+)", text)[1]) in ports)


def for_nobody(document, istio, lab, code):
    return "~" in Objects(document).spec(istio.thing).get("exportTo", [])


# name, who says it alone, codes, whether it holds
ANALYZED = [
    ("Gateways that only the control plane finds", "Istio", ("IST0101",), old_or_of_gateway_api),
    ("hosts of a missing Gateway", "Istio", ("IST0132",), of_no_gateway),
    ("the last server of a port", "Istio", ("IST0145",), last_servers),
    ("the address of a third Gateway", "sni-lab", ("IST0145",), lambda document, istio, lab, code: address_of_a_third(document, lab, code)),
    ("the address of a third Gateway", "Istio", ("IST0145",), lambda document, istio, lab, code: address_of_a_third(document, istio, code)),
    ("one VirtualService with itself", "Istio", ("IST0109",),
     lambda document, istio, lab, code: istio.each(code, lambda text: len(set(text.split(" associated with ")[0].split(" ", 2)[2].split(","))) == 1)),
    ("certificates of no use", "Istio", ("IST0101",), of_no_use),
    ("hosts of two namespaces", "Istio", ("IST0145",), hosts_of_two_namespaces),
    ("addresses, said twice", "Istio", ("IST0133",),
     lambda document, istio, lab, code: lab.has("IST0134") and istio.each(code, lambda text: "addresses are required" in text)),
    ("old names behind short ones", "sni-lab", ("IST0133",), lambda document, istio, lab, code: lab.each(code, lambda text: LEGACY in text)),
    ("ports of an alias", "Istio", ("IST0101",), of_an_alias),
    ("ports of an alias", "sni-lab", ("IST0112",), to_an_alias),
    ("ports of a host with two ServiceEntries", "Istio", ("IST0101", "IST0112"),
     lambda document, istio, lab, code: of_two_entries(document, istio, code)),
    ("ports of a host with two ServiceEntries", "sni-lab", ("IST0101", "IST0112"),
     lambda document, istio, lab, code: of_two_entries(document, lab, code)),
    ("subsets of a host outside, by a rule elsewhere", "Istio", ("IST0101",), of_a_foreign_rule),
    ("subsets that are not exported", "sni-lab", ("IST0101",), lambda document, istio, lab, code: lab.each(code, lambda text: "the subset" in text)),
    ("hosts that a gateway has no cluster for", "sni-lab", ("IST0101",), hidden_or_below),
    ("pods that the Gateway API made", "sni-lab", ("IST0101",), of_gateway_api),
    ("pods that the Gateway API made", "Istio", ("IST0162",), of_gateway_api),
    ("Services that select nobody", "sni-lab", ("IST0162",), without_selector),
    ("paths that seem covered", "Istio", ("IST0131",), lambda document, istio, lab, code: istio.each(code, lambda text: " of prefix " in text)),
    ("ports of a hidden Service", "sni-lab", ("IST0112",), lambda document, istio, lab, code: istio.has("IST0101", "Referenced host not found")),
    ("ports of a host without a cluster", "Istio", ("IST0112",), of_no_cluster),
    ("whose pods a subset has", "sni-lab", ("IST0173",), pods_of_others),
    ("subsets that no gateway misses", "Istio", ("IST0140",), rules_that_no_gateway_misses),
    ("one host, written in two ways", "sni-lab", ("IST0140",), written_in_two_ways),
    ("ports of one Service", "Istio", ("IST0116", "IST0137"), of_one_service),
    ("entries that nobody sees", "Istio", ("IST0177",), for_nobody),
]
