"""Lessons on Istio's data plane: its control plane serves xDS on loopback to an Envoy, our backends stand behind it, and
`sni-lab scenario run --gateway` asks. Nothing listens elsewhere than on 127.0.0.1.
"""
import contextlib
import json
import pathlib
import re
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
TABLE = ROOT / "scenarios/README.md"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def bootstrap(workload, xds):
    """An Envoy that has nothing but the way to the control plane. Its clusters' names are those that Istio's agent has."""
    def cluster(name):
        return {"name": name, "type": "STATIC", "connect_timeout": "1s",
                "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                    "explicit_http_config": {"http2_protocol_options": {}}}},
                "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
                    "socket_address": {"address": "127.0.0.1", "port_value": xds}}}}]}]}}
    namespace = workload["pod"].split(".")[1]
    ads = {"ads": {}, "resource_api_version": "V3"}
    return {"node": {"id": f"router~{workload['ip']}~{workload['pod']}~{namespace}.svc.cluster.local", "cluster": workload["pod"],
                     "metadata": {"LABELS": workload["labels"], "NAMESPACE": namespace, "ISTIO_VERSION": "1.31.0", "CLUSTER_ID": "Kubernetes"}},
            "dynamic_resources": {"lds_config": ads, "cds_config": ads, "ads_config": {
                "api_type": "GRPC", "transport_api_version": "V3", "grpc_services": [{"envoy_grpc": {"cluster_name": "xds-grpc"}}]}},
            "static_resources": {"clusters": [cluster("xds-grpc"), cluster("sds-grpc")]}}


class Stage:
    """A lab's backends, Istio's control plane and an Envoy that asks it, for one scenario or set of files."""

    def __init__(self, lab, oracle, envoy):
        self.lab, self.oracle, self.envoy = str(pathlib.Path(lab).resolve()), oracle, envoy

    def run(self, *words, check=(0,)):
        ran = subprocess.run([self.lab, *words], cwd=self.folder, capture_output=True, text=True)
        if ran.returncode not in check:
            raise RuntimeError(f"sni-lab {' '.join(words)} ended with {ran.returncode}: {ran.stderr.strip()}")
        return ran.stdout

    @contextlib.contextmanager
    def up(self, scenario, manifests):
        """The ports of its Gateways, as {"443": where Envoy has it}."""
        with contextlib.ExitStack() as stack:
            self.folder = stack.enter_context(tempfile.TemporaryDirectory())
            asked = json.loads(subprocess.run([self.oracle, manifests], capture_output=True, text=True, check=True).stdout)
            ports = {str(port): free_port() for port in asked["ports"]}
            listen = [word for port in ports for word in ("--listen", f"{port}=127.0.0.1:0")]
            self.run("up", scenario, "--detach", *listen)
            stack.callback(self.run, "down")
            running = json.loads((pathlib.Path(self.folder) / ".sni-lab/lab.json").read_text())
            stage = {"ports": ports, "backends": {b["name"]: b["endpoint"] for b in running["backends"]},
                     "keys": f"{self.folder}/.sni-lab/certs"}
            control = subprocess.Popen([self.oracle, "-live", json.dumps(stage), manifests], stdout=subprocess.PIPE, text=True)
            stack.callback(self.end, control)
            self.serves = json.loads(control.stdout.readline())
            for workload in self.serves["workloads"]:
                if workload["listeners"]:
                    stack.callback(self.end, self.start_envoy(workload))
            self.wait(ports)
            yield ports

    def start_envoy(self, workload):
        path = pathlib.Path(self.folder) / f"{workload['pod']}.json"
        path.write_text(json.dumps(bootstrap(workload, self.serves["xds"])))
        log = (pathlib.Path(self.folder) / "envoy.log").open("w")
        return subprocess.Popen([self.envoy, "-c", path, "-l", "warning", "--concurrency", "1", "--disable-hot-restart"], stderr=log)

    def wait(self, ports):
        """Until Envoy has the listeners that Istio opens."""
        served = {port for w in self.serves["workloads"] for listener in w["listeners"] for port in listener["ports"]}
        end = time.monotonic() + 20
        for here in [here for port, here in ports.items() if int(port) in served]:
            while time.monotonic() < end:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", here), timeout=1):
                    break
                time.sleep(0.05)

    def play(self, scenario):
        """The scenario's checks, as `scenario run --json` tells them."""
        with self.up(scenario, str(ROOT / "scenarios" / scenario / "manifests.yaml")) as ports:
            gates = [word for port, here in ports.items() for word in ("--gateway", f"{port}=127.0.0.1:{here}")]
            told = self.run("scenario", "run", scenario, "--json", *gates, check=(0, 1, 3, 4, 5))
            return json.loads(told)["scenarios"][0]["checks"]

    @staticmethod
    def end(process):
        process.terminate()
        process.wait()


def table():
    """{scenario: "3 of 4"}: the column "Envoy under Istio" of scenarios/README.md."""
    row = r"^\| \[([a-z0-9-]+)\]\([^|]*\|[^|]*\|[^|]*\|[^|]*\| (\d+ of \d+) \|"
    return dict(re.findall(row, TABLE.read_text(), re.M))


def live(lab, oracle, envoy, names):
    """True when every lesson comes out as the table says; what does not is told check by check."""
    told, stage, alike = table(), Stage(lab, oracle, envoy), 0
    names = names or sorted(told)
    for name in names:
        checks = stage.play(name)
        found = f"{sum(check['met'] for check in checks)} of {len(checks)}"
        print(f"{name}: {found} on Envoy under Istio", flush=True)
        if found == told.get(name):
            alike += 1
            continue
        print(f"  the table of scenarios/README.md says {told.get(name, 'nothing')}")
        for check in checks:
            print(f"  {'met    ' if check['met'] else 'NOT MET'} {check['name']}: {check['verdict']} {'; '.join(check['unmet'])}")
    print(f"{alike} of {len(names)} lessons come out as scenarios/README.md says")
    return alike == len(names)
