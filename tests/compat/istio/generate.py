"""Sets of manifests by number: the same number is the same set. Few names, many of each kind, so that they meet."""
import json
import random

NAMESPACES = ("dock", "pier", "yard")
APPS = ("cargo", "crew", "light")
HOSTS = ("a.harbor.example", "b.harbor.example", "c.isle.example", "*.harbor.example", "*.a.harbor.example", "*.isle.example", "*.example", "*")
OUTSIDE = ("buoy.sea.example", "reef.sea.example")
PATHS = ({"uri": {"prefix": "/"}}, {"uri": {"prefix": "/a"}}, {"uri": {"prefix": "/ab"}}, {"uri": {"exact": "/a"}}, {"port": 443},
         {"uri": {"prefix": "/a"}, "method": {"exact": "GET"}}, {"headers": {"x": {"exact": "1"}}}, {"name": "own", "uri": {"prefix": "/a"}})
CLAIM = {"headers": {"@request.auth.claims.group": {"exact": "crew"}}}
AGES = (None, None, "2020-01-01T00:00:00Z", "2022-01-01T00:00:00Z", "2024-01-01T00:00:00Z")
SECRET = "harbor-cert"


class Set:
    """One set in the making. Every choice is drawn from `random`, which the number seeds."""

    def __init__(self, number, certificate):
        self.random, self.certificate = random.Random(number), certificate
        self.documents, self.known, self.gateways, self.parents = [], [], [], []
        self.maybe = lambda chance: self.random.random() < chance
        self.any = self.random.choice
        self.some = lambda of, most: self.random.sample(of, self.random.randint(1, min(most, len(of))))
        self.weighed = lambda **of: self.random.choices(list(of), list(of.values()))[0]

    def add(self, kind, version, name, namespace, spec, **more):
        metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
        if "metadata" in more:
            metadata.update(more.pop("metadata"))
        age = self.any(AGES)
        if age and kind not in ("Namespace", "Service", "Secret"):
            metadata["creationTimestamp"] = age
        self.documents.append({"apiVersion": version, "kind": kind, "metadata": metadata, **({"spec": spec} if spec is not None else {}), **more})

    # What gateways lead to.

    def pods(self, name, namespace, labels):
        template = {"metadata": {"labels": labels}, "spec": {"containers": [
            {"name": "c", "image": "i", "ports": [{"name": "web", "containerPort": 8443}]}]}}
        kind = self.weighed(Deployment=6, StatefulSet=1, DaemonSet=1, ReplicaSet=0.5, Pod=1)
        if kind == "Pod":
            self.add("Pod", "v1", name, namespace, template["spec"], metadata={"labels": labels})
        else:
            none = {"replicas": 0} if kind == "Deployment" and self.maybe(0.05) else {}
            self.add(kind, "apps/v1", name, namespace, {**none, "selector": {"matchLabels": labels}, "template": template})

    def services(self):
        for namespace in NAMESPACES:
            self.add("Namespace", "v1", namespace, None, None, metadata={"labels": {"side": self.any(("lee", "luv"))}})
            for app in self.some(APPS, 3):
                ports = [{"name": self.any(("tls", "https", "tcp", "web")), "port": 443, "targetPort": self.any((8443, "web"))}]
                if self.maybe(0.3):
                    ports.append({"name": "more", "port": 9443, "targetPort": 8443})
                if self.maybe(0.1):
                    ports[0].update(self.any(({"appProtocol": "https"}, {"appProtocol": "kubernetes.io/h2c"}, {"targetPort": "nope"}, {"name": "udp-x"})))
                if self.maybe(0.05):
                    ports.append({"name": "dns", "port": 53, "protocol": "UDP"})
                more = {}
                if self.maybe(0.1):
                    more["metadata"] = {"annotations": {"networking.istio.io/exportTo": self.any((".", "*", "dock", "istio-system"))}}
                self.add("Service", "v1", app, namespace, {"selector": {"app": app}, "ports": ports, **self.any(({},) * 12 + ({"clusterIP": "None"}, {"type": "NodePort"}))}, **more)
                self.known.append((app, namespace))
                for version in self.some(("v1", "v2"), 2):
                    self.pods(f"{app}-{version}", namespace, {"app": app, "version": version})
        if self.maybe(0.1):
            self.by_hand()
        if self.maybe(0.05):
            self.add("Service", "v1", "alias", "dock", {"type": "ExternalName", "externalName": self.any(("cargo.dock.svc.cluster.local", OUTSIDE[0]))})
        for host in OUTSIDE:
            for namespace in self.some(NAMESPACES, 2) if self.maybe(0.4) else ():
                self.service_entry(host, namespace)
        for number, host in enumerate(self.some([*APPS, "cargo.dock.svc.cluster.local", OUTSIDE[0]], 3) if self.maybe(0.5) else ()):
            subsets = [{"name": v, "labels": {"version": v}} for v in self.some(("v1", "v2", "v3"), 3)]
            spec = {"host": host, "subsets": subsets, **self.export_to(0.2)}
            if self.maybe(0.3):
                spec["trafficPolicy"] = {"tls": {"mode": self.any(("SIMPLE", "MUTUAL", "ISTIO_MUTUAL", "DISABLE")), **({"caCertificates": "system"} if self.maybe(0.3) else {})}}
                if spec["trafficPolicy"]["tls"]["mode"] == "MUTUAL":
                    spec["trafficPolicy"]["tls"].update({"clientCertificate": "/a", "privateKey": "/b"})
            if self.maybe(0.15):
                spec.setdefault("trafficPolicy", {})["loadBalancer"] = {"simple": self.any(("PASSTHROUGH", "ROUND_ROBIN"))}
            if subsets and self.maybe(0.1):
                subsets[0]["trafficPolicy"] = {"loadBalancer": {"simple": self.any(("PASSTHROUGH", "LEAST_REQUEST"))}}
            self.add("DestinationRule", "networking.istio.io/v1", f"rule-{number}", self.any(NAMESPACES), spec)

    def by_hand(self):
        """A Service whose endpoints nobody looks for."""
        self.add("Service", "v1", "hand", "dock", {"ports": [{"name": "tls", "port": 443, "targetPort": 8443}]})
        self.known.append(("hand", "dock"))
        ports = self.any(([{"name": "tls", "port": 8443}],) * 3 + ([{"name": "tls", "port": 9999}], [{"name": "other", "port": 8443}], []))
        spec = {"addressType": "IPv4", "ports": ports, "endpoints": self.any(([{"addresses": ["10.6.6.6"]}],) * 3 + ([],))}
        if self.maybe(0.1):
            spec.update({"addressType": "FQDN", "endpoints": [{"addresses": ["hand.sea.example"]}]})
        labels = {"kubernetes.io/service-name": "hand"}
        self.add("EndpointSlice", "discovery.k8s.io/v1", "hand-1", "dock", None, metadata={"labels": labels}, **spec)

    def service_entry(self, host, namespace):
        spec = {"hosts": [host], "location": "MESH_EXTERNAL", "resolution": self.weighed(DNS=4, STATIC=4, NONE=2),
                "ports": [{"number": 443, "name": "tls", "protocol": self.any(("TLS", "HTTPS", "TCP"))}], **self.export_to(0.2)}
        if self.maybe(0.2):
            spec["ports"].append({"number": 9443, "name": "more", "protocol": "TLS"})
        if self.maybe(0.1):
            spec["ports"][0]["targetPort"] = 8443
        if self.maybe(0.1):
            spec["addresses"] = ["10.8.8.8"]
        if spec["resolution"] == "STATIC" and self.maybe(0.8):
            spec["endpoints"] = [{"address": "10.7.7.7", "labels": {"version": "v1"}}]
            if self.maybe(0.3):
                spec["endpoints"].append({"address": "10.7.7.8", "ports": {"tls": 9999}, "weight": 3})
            if self.maybe(0.1):
                spec["endpoints"] = [{"address": "unix:///run/sea.sock"}]
        if spec["resolution"] == "NONE" and self.maybe(0.4):
            spec["hosts"] = ["*.sea.example"]
        self.add("ServiceEntry", "networking.istio.io/v1", host.split(".")[0], namespace, spec)

    def export_to(self, chance):
        return {"exportTo": self.any([["."], ["*"], ["dock"], ["istio-system"], ["pier", "istio-system"]])} if self.maybe(chance) else {}

    # Istio's own way.

    def ingress(self):
        if self.maybe(0.1):
            spec = {"selector": {"matchLabels": self.any(({"istio": "ingressgateway"}, {"gate": "inner"}))}} if self.maybe(0.7) else {}
            self.add("RequestAuthentication", "security.istio.io/v1", "tokens", self.any(NAMESPACES + ("istio-system",)), spec)
        if self.maybe(0.2):
            self.pods("inner-gate", self.any(NAMESPACES), {"gate": "inner"})
        if self.maybe(0.15):
            ports = [{"name": f"p{n}", "port": n, "targetPort": self.any((n, 8443))} for n in self.some((443, 8443, 9443), 3)]
            self.add("Service", "v1", "istio-ingressgateway", "istio-system", {"selector": {"istio": "ingressgateway"}, "ports": ports})

    def server(self, number):
        protocol = self.weighed(TLS=8, HTTPS=3, HTTP=1, TCP=1, MONGO=0.2, HTTP2=0.2, GRPC=0.2, tls=0.2)
        hosts = [self.any(("",) * 12 + ("./", "*/", "dock/", "pier/")) + host for host in self.some(HOSTS, 3)]
        if "*/*" in hosts:  # over this beside other hosts Istio panics
            hosts = ["*/*"]
        server = {"port": {"number": self.any((443, 443, 443, 443, 8443, 9443)), "name": f"p{number}", "protocol": protocol}, "hosts": hosts}
        if protocol == "HTTP" and self.maybe(0.3):
            server["tls"] = {"httpsRedirect": self.any((True, False))}
        if protocol in ("TLS", "HTTPS", "tls"):
            mode = self.weighed(PASSTHROUGH=10, SIMPLE=2, MUTUAL=0.5, AUTO_PASSTHROUGH=0.5, ISTIO_MUTUAL=0.5)
            if protocol == "TLS" and self.maybe(0.05):
                server["tls"] = {}
            else:
                named = mode in ("SIMPLE", "MUTUAL") or (mode == "PASSTHROUGH" and self.maybe(0.03))
                server["tls"] = {"mode": mode, **({"credentialName": SECRET} if named else {})}
        if self.maybe(0.08):
            server["bind"] = self.any(("127.0.0.1", "10.9.9.9"))
        return server

    def istio_gateways(self):
        for name in self.some(("edge", "quay", "mole", "gate"), 4):
            selector = self.any([{"istio": "ingressgateway"}] * 5 + [{"istio": "ingressgateway", "app": "istio-ingressgateway"}, {"gate": "inner"}])
            namespace = self.any(NAMESPACES + ("istio-system",))
            spec = {"selector": selector, "servers": [self.server(n) for n in range(self.random.randint(1, 3))]}
            self.add("Gateway", "networking.istio.io/" + self.any(("v1", "v1beta1", "v1alpha3")), name, namespace, spec)
            self.gateways.append((namespace, name, sorted({host.split("/")[-1] for server in spec["servers"] for host in server["hosts"]})))

    def destination(self):
        app, namespace = self.any(self.known)
        host = self.any((f"{app}.{namespace}.svc.cluster.local",) * 20 + APPS + (f"{app}.{namespace}", "nobody", "alias.dock.svc.cluster.local") + OUTSIDE)
        to = {"host": host}
        if self.maybe(0.9):
            to["port"] = {"number": self.any((443,) * 9 + (9443,))}
        if self.maybe(0.15):
            to["subset"] = self.any(("v1", "v2", "v3"))
        return to

    def route(self):
        if self.maybe(0.7):
            return [{"destination": self.destination()}]
        weights = self.any(((50, 50), (75, 25), (100, 0), (1, 2), (0, 3), (1, 1, 2)))
        return [{"destination": self.destination(), "weight": weight} for weight in weights]

    def gateway_names(self, namespace, gateways):
        forms = [[f"{home}/{name}"] * 8 + [f"{name}.{home}"] + ([name] * 4 + [f"./{name}"] if home == namespace else [name]) for home, name, _ in gateways]
        return [self.any(form) for form in forms] + (["mesh"] if self.maybe(0.1) else [])

    def virtual_services(self):
        for number in range(self.random.randint(1, 6)):
            namespace = self.any(NAMESPACES + ("istio-system",))
            through = self.some(self.gateways, 2)
            hosts = self.some(through[0][2] if self.maybe(0.8) else HOSTS, 2 if self.maybe(0.2) else 1)
            gateways = self.gateway_names(namespace, through)
            spec = {"hosts": hosts, "gateways": gateways, **self.export_to(0.25)}
            if self.maybe(0.9):
                spec["tls"] = [{"match": self.matches(hosts, gateways), "route": self.route()} for _ in range(self.random.randint(1, 3))]
            if self.maybe(0.15):
                spec["tcp"] = self.rules(({"port": 443}, {"port": 8443}), 2)
            if self.maybe(0.2) or not {"tls", "tcp"} & set(spec):
                spec["http"] = self.rules(PATHS + ((CLAIM,) if self.maybe(0.1) else ()), 3)
            self.add("VirtualService", "networking.istio.io/v1", f"way-{number}", namespace, spec)
        if self.maybe(0.1):
            hosts = self.some((*APPS, "cargo.dock.svc.cluster.local", OUTSIDE[0]), 2)
            spec = {"hosts": hosts, **self.any(({}, {"gateways": ["mesh"]})), **self.export_to(0.3), "http": self.rules(PATHS, 2)}
            self.add("VirtualService", "networking.istio.io/v1", "inside", self.any(NAMESPACES), spec)
        if self.maybe(0.1):
            self.add("VirtualService", "networking.istio.io/v1", "part", "dock", {"http": [{"route": [{"destination": {"host": "cargo"}}]}]})
            spec = {"hosts": [self.any(HOSTS[:3])], "gateways": self.gateway_names("dock", self.gateways[:1]), "http": [{"delegate": {"name": "part", "namespace": "dock"}}]}
            self.add("VirtualService", "networking.istio.io/v1", "whole", "dock", spec)

    def rules(self, matches, most):
        """Of http or tcp: half of them wait for nothing."""
        return [{**({"match": self.some(matches, 2)} if self.maybe(0.5) else {}), "route": self.route()} for _ in range(self.random.randint(1, most))]

    def matches(self, hosts, gateways):
        below = {"*": HOSTS, "*.example": HOSTS[:7], "*.harbor.example": (HOSTS[0], HOSTS[1], HOSTS[3], HOSTS[4]),
                 "*.isle.example": (HOSTS[2], HOSTS[5]), "*.a.harbor.example": (HOSTS[4], "x.a.harbor.example")}
        known = [name for host in hosts for name in below.get(host, (host,))]
        found = []
        for _ in range(self.random.randint(1, 2)):
            match = {"sniHosts": [name.upper() if self.maybe(0.03) and "*" not in name else name for name in self.some(known, 2)]}
            if self.maybe(0.02):
                match["sniHosts"] = [name.replace("*.", "*x.") for name in match["sniHosts"]]
            if self.maybe(0.05):
                match.update(self.any(({"sourceLabels": {"app": "crew"}}, {"destinationSubnets": ["10.0.0.0/8"]}, {"sourceNamespace": "dock"})))
            if self.maybe(0.2):
                match["port"] = self.any((443, 8443, 9443))
            if self.maybe(0.1):
                match["gateways"] = self.some(gateways, 1)
            found.append(match)
        return found

    # The Gateway API.

    def listener(self, name):
        listener = {"name": name, "port": self.any((443, 443, 443, 9443)), "protocol": self.weighed(TLS=8, HTTPS=1, HTTP=1, TCP=1)}
        if listener["protocol"] != "TCP" and self.maybe(0.7):
            listener["hostname"] = self.any(HOSTS[:7])
        if listener["protocol"] in ("TLS", "HTTPS"):
            ends = listener["protocol"] == "HTTPS" or self.maybe(0.15)
            listener["tls"] = {"mode": "Terminate", "certificateRefs": self.certificates()} if ends else {"mode": "Passthrough"}
            if ends and self.maybe(0.1):
                listener["tls"]["options"] = {"gateway.istio.io/tls-terminate-mode": self.any(("MUTUAL", "OPTIONAL_MUTUAL", "ISTIO_MUTUAL", "ISTIO_SIMPLE"))}
                if "ISTIO" in str(listener["tls"]["options"]) or self.maybe(0.5):
                    del listener["tls"]["certificateRefs"]
        if self.maybe(0.8):
            spaces = self.any([{"from": "All"}] * 6 + [{"from": "Same"}, {"from": "Selector", "selector": {"matchLabels": {"side": "lee"}}}, {"from": "Selector"},
                {"from": "Selector", "selector": {"matchExpressions": [{"key": "side", "operator": self.any(("In", "NotIn", "Exists"))}]}}])
            listener["allowedRoutes"] = {"namespaces": spaces}
            if self.maybe(0.15):
                listener["allowedRoutes"]["kinds"] = [{"kind": self.any(("TLSRoute", "TCPRoute", "HTTPRoute"))}]
        return listener

    def certificates(self):
        refs = [{"name": SECRET}]
        if self.maybe(0.3):
            refs = [self.any(({"name": SECRET, "namespace": self.any(NAMESPACES)}, {"name": "mud"}, {"kind": "ConfigMap", "group": "", "name": SECRET}))]
        return refs + ([{"name": SECRET}] if self.maybe(0.1) else [])

    def clients(self):
        """spec.tls: who must show a certificate, and what backends see."""
        to = self.any(({"kind": "ConfigMap", "name": "roots"},) * 3 + ({"kind": "Secret", "name": SECRET}, {"kind": "ConfigMap", "name": "roots", "namespace": "pier"}))
        validation = {"caCertificateRefs": [{"group": "", **to}], **({"mode": "AllowInsecureFallback"} if self.maybe(0.2) else {})}
        return {"tls": {"frontend": {"default": {"validation": validation}}, **({"backend": {"clientCertificateRef": {"name": SECRET}}} if self.maybe(0.3) else {})}}

    def definition(self):
        plural, kind = self.any((("tlsroutes", "TLSRoute"), ("tcproutes", "TCPRoute"), ("httproutes", "HTTPRoute")))
        group, bundle = "gateway.networking.k8s.io", self.any(("v1.3.0", "v1.4.1", "v1.5.0-rc.1", "v1.5.1", "v1.6.0"))
        spec = {"group": group, "names": {"kind": kind, "plural": plural}, "scope": "Namespaced", "versions": []}
        self.add("CustomResourceDefinition", "apiextensions.k8s.io/v1", f"{plural}.{group}", None, spec,
                 metadata={"annotations": {f"{group}/bundle-version": bundle}})

    def api_gateways(self):
        version = "gateway.networking.k8s.io/v1"
        if self.maybe(0.05):
            self.definition()
        for namespace in NAMESPACES:
            data = {"tls.crt": self.certificate[0], "tls.key": self.certificate[1]}
            self.add("Secret", "v1", SECRET, namespace, None, type="kubernetes.io/tls", stringData=data)
            self.add("Secret", "v1", "mud", namespace, None, type="Opaque", stringData={"tls.crt": "mud", "tls.key": "mud"})
            self.add("ConfigMap", "v1", "roots", namespace, None, data={"ca.crt": self.any((self.certificate[0], self.certificate[0], "mud"))})
        for name, controller in (("own", "istio.io/gateway-controller"), ("other", "other.example/controller")):
            if self.maybe(0.3):
                self.add("GatewayClass", version, name, None, {"controllerName": controller})
        for name in self.some(("north", "south"), 2):
            namespace = self.any(NAMESPACES)
            listeners = [self.listener(f"l{n}") for n in range(self.random.randint(1, 4))]
            spec = {"gatewayClassName": self.any(("istio",) * 8 + ("own", "other")), "listeners": listeners}
            if self.maybe(0.15):
                spec.update(self.clients())
            if self.maybe(0.4):
                spec["allowedListeners"] = {"namespaces": {"from": self.any(("All", "Same"))}}
            self.add("Gateway", version, name, namespace, spec)
            self.parents.append(({"name": name, "namespace": namespace}, listeners))
            if self.maybe(0.3):
                home, added = self.any(NAMESPACES), [self.listener(f"s{n}") for n in range(self.random.randint(1, 2))]
                self.add("ListenerSet", version, f"{name}-set", home, {"parentRef": {"name": name, "namespace": namespace}, "listeners": added})
                self.parents.append(({"name": f"{name}-set", "namespace": home, "kind": "ListenerSet", "group": "gateway.networking.k8s.io"}, added))

    def parent_refs(self):
        refs = []
        for parent, listeners in self.some(self.parents, 2):
            ref = dict(parent)
            if self.maybe(0.3):
                ref["sectionName"] = self.any(listeners)["name"]
            elif self.maybe(0.1):
                ref["port"] = self.any(listeners)["port"]
            refs.append(ref)
        if self.maybe(0.05):
            refs.append(self.any(({"group": "", "kind": "Service", "name": "cargo"}, {"group": "", "kind": "Service", "name": "nobody"}, {"name": "none"})))
        return refs

    def backend_refs(self, namespace):
        refs = []
        for _ in range(1 if self.maybe(0.7) else 2):
            near = [app for app, home in self.known if home == namespace]
            ref = {"name": self.any(near * 4 + ["nobody"]), "port": self.any((443,) * 7 + (9443,))}
            if self.maybe(0.2):
                ref["namespace"] = self.any(NAMESPACES)
            if self.maybe(0.3):
                ref["weight"] = self.any((0, 1, 3))
            if self.maybe(0.05):
                ref = {"group": "networking.istio.io", "kind": "Hostname", "name": self.any(OUTSIDE + ("cargo.dock.svc.cluster.local",)), "port": 443}
            refs.append(ref)
        return refs

    def filter(self):
        """Of an HTTPRoute or a GRPCRoute. Some of them void it, some only say so."""
        mirror = {"name": self.any(APPS + ("nobody",)), "port": 443, **({"namespace": self.any(NAMESPACES)} if self.maybe(0.5) else {})}
        return self.any(({"type": "RequestMirror", "requestMirror": {"backendRef": mirror}},
                         {"type": "ExtensionRef", "extensionRef": {"group": "example.com", "kind": "Filter", "name": "own"}},
                         {"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [{"name": "x", "value": "1"}]}},
                         {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [{"name": "x", "value": "1"}]}}))

    def http_rule(self):
        rule = {"backendRefs": self.backend_refs("pier")} if self.maybe(0.9) else {}
        if self.maybe(0.3):
            rule["filters"] = [self.filter() for _ in range(self.random.randint(1, 2))]
        if self.maybe(0.1) and "backendRefs" in rule:
            self.any(rule["backendRefs"])["filters"] = [self.filter()]
        return rule

    def api_routes(self):
        for number in range(self.random.randint(1, 5)):
            namespace = self.any(NAMESPACES)
            refs, parent = self.parent_refs(), self.any(self.parents)[1]
            hostnames = {self.any(parent).get("hostname", HOSTS[0]), *(self.some(HOSTS[:7], 2) if self.maybe(0.5) else ())}
            spec = {"parentRefs": refs, "hostnames": sorted(hostnames), "rules": [{"backendRefs": self.backend_refs(namespace)}]}
            version = self.any(("v1",) * 4 + ("v1alpha3", "v1alpha2"))
            self.add("TLSRoute", f"gateway.networking.k8s.io/{version}", f"route-{number}", namespace, spec)
        if self.maybe(0.3):
            spec = {"parentRefs": self.parent_refs(), "rules": [{"backendRefs": self.backend_refs("dock")}]}
            self.add("TCPRoute", "gateway.networking.k8s.io/" + self.any(("v1", "v1alpha2")), "raw", "dock", spec)
        if self.maybe(0.3):
            kind = self.weighed(HTTPRoute=3, GRPCRoute=1)
            rules = [self.http_rule() for _ in range(self.random.randint(1, 2))]
            spec = {"parentRefs": self.parent_refs(), "hostnames": self.some(HOSTS[:7], 2), "rules": rules}
            self.add(kind, "gateway.networking.k8s.io/v1", "web", "pier", spec)
        for namespace in self.some(NAMESPACES, 2) if self.maybe(0.5) else ():
            to = {"group": "", "kind": "Service", **({"name": self.any(APPS)} if self.maybe(0.4) else {})}
            kind = self.weighed(TLSRoute=6, HTTPRoute=1, TCPRoute=1, Gateway=2, ListenerSet=1)
            if kind in ("Gateway", "ListenerSet"):
                to["kind"] = self.any(("Secret", "Secret", "ConfigMap"))
                to.pop("name", None)
            spec = {"from": [{"group": "gateway.networking.k8s.io", "kind": kind, "namespace": self.any(NAMESPACES)}], "to": [to]}
            self.add("ReferenceGrant", "gateway.networking.k8s.io/v1beta1", "grant", namespace, spec)


def documents(number, certificate):
    """The set of this number. certificate: PEM of a certificate and of its key, for the Secrets that listeners name."""
    made = Set(number, certificate)
    made.services()
    dialect = made.weighed(istio=5, api=4, both=1)
    if dialect != "api":
        made.ingress()
        made.istio_gateways()
        made.virtual_services()
    if dialect != "istio":
        made.api_gateways()
        made.api_routes()
    return made.documents


def text(docs):
    """YAML, as far as JSON is."""
    return "".join(f"---\n{json.dumps(doc)}\n" for doc in docs)
