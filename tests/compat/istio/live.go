package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	networking "istio.io/api/networking/v1alpha3"
	"istio.io/istio/pilot/pkg/model"
	v3 "istio.io/istio/pilot/pkg/xds/v3"
	"istio.io/istio/pilot/test/xds"
	crdvalidation "istio.io/istio/pkg/config/crd"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/spiffe"
	"istio.io/istio/pkg/test"
)

// stage is where a set is played for real, on one machine.
type stage struct {
	Ports    map[string]int32  `json:"ports"`    // a port of Gateways, and where an Envoy on loopback has it
	Backends map[string]string `json:"backends"` // "namespace/workload", and the HOST:PORT that stands for its pods
	Keys     string            `json:"keys"`     // a folder as certgen fills it, for the gateways' own certificates
}

// live keeps xDS open on loopback for a real Envoy, until a signal. It prints where, and which gateways may ask.
func live(schemas *crdvalidation.Validator, paths []string, on stage) error {
	set, err := read(paths)
	if err != nil {
		return err
	}
	set.admit(schemas)
	if err := on.secrets(set); err != nil {
		return err
	}
	c := newCluster(set)
	on.openPorts(set, c)
	if err := on.moveBackends(c); err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	return test.Wrap(func(t test.Failer) {
		p := startPilot(t, set, c, func(options *xds.FakeOptions) {
			options.ListenerBuilder = func() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
			// No agent gives this Envoy a workload's certificate, and it would wait for one.
			options.MeshConfig = mesh.DefaultMeshConfig()
			options.MeshConfig.EnableAutoMtls = wrapperspb.Bool(false)
		})
		p.Discovery.Generators[v3.SecretType] = trusting{p.Discovery.Generators[v3.SecretType]}
		p.written.settle(100 * time.Millisecond)
		p.push(t)
		out := map[string]any{"xds": p.Listener.Addr().(*net.TCPAddr).Port, "refused": set.refused, "workloads": p.workloads(t, c)}
		_ = json.NewEncoder(os.Stdout).Encode(out)
		<-stop
	})
}

// trusting hands the gateways' Secrets to whoever asks: on loopback there is no mutual TLS that would tell who it is.
type trusting struct{ model.XdsResourceGenerator }

func (g trusting) Generate(proxy *model.Proxy, w *model.WatchedResource, push *model.PushRequest) (model.Resources, model.XdsLogDetails, error) {
	proxy.VerifiedIdentity = &spiffe.Identity{TrustDomain: "cluster.local", Namespace: proxy.ConfigNamespace, ServiceAccount: "default"}
	return g.XdsResourceGenerator.Generate(proxy, w, push)
}

// servers are those of Istio's own Gateways.
func (set *manifests) servers() (all []*networking.Server) {
	for i := range set.istio {
		if gateway, ok := set.istio[i].Spec.(*networking.Gateway); ok {
			all = append(all, gateway.Servers...)
		}
	}
	return all
}

// secrets adds the certificates that servers name, each the one of its host.
func (on stage) secrets(set *manifests) error {
	added := map[string]bool{}
	for _, server := range set.servers() {
		name := server.GetTls().GetCredentialName()
		if name == "" || added[name] {
			continue
		}
		added[name] = true
		host := strings.Replace(server.Hosts[0][strings.LastIndex(server.Hosts[0], "/")+1:], "*", "_wildcard", 1)
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "istio-system", Name: name}, Data: map[string][]byte{}}
		for key, ending := range map[string]string{corev1.TLSCertKey: ".crt", corev1.TLSPrivateKeyKey: ".key"} {
			text, err := os.ReadFile(filepath.Join(on.Keys, host+ending))
			if err != nil {
				return err
			}
			secret.Data[key] = text
		}
		set.kube = append(set.kube, secret)
	}
	return nil
}

// openPorts puts a Service before the ingress gateway that leads to the stage's ports, which only loopback reaches.
func (on stage) openPorts(set *manifests, c *cluster) {
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "istio-system", Name: "istio-ingressgateway"}}
	service.Spec.Selector = map[string]string{"istio": "ingressgateway"}
	for port, here := range on.Ports {
		number, _ := strconv.Atoi(port)
		service.Spec.Ports = append(service.Spec.Ports,
			corev1.ServicePort{Name: "tcp-" + port, Port: int32(number), TargetPort: intstr.FromInt32(here)})
	}
	c.addService(service)
	c.slice(service)
	c.objects = append(c.objects, service)
	for _, server := range set.servers() {
		server.Bind = "127.0.0.1"
	}
}

// moveBackends puts one address in the place of each workload's pods; those of no workload here lead nowhere.
func (on stage) moveBackends(c *cluster) error {
	for _, object := range c.objects {
		slice, ok := object.(*discoveryv1.EndpointSlice)
		if !ok {
			continue
		}
		for i := range slice.Endpoints {
			pod := slice.Endpoints[i].TargetRef
			if pod == nil {
				continue
			}
			owner := pod.Namespace + "/" + pod.Name[:strings.LastIndex(pod.Name, "-")]
			backend, here := on.Backends[owner]
			if !here {
				continue
			}
			host, port, err := net.SplitHostPort(backend)
			if err != nil {
				return fmt.Errorf("backend of %s: %w", owner, err)
			}
			number, err := strconv.ParseInt(port, 10, 32)
			if err != nil {
				return fmt.Errorf("backend of %s: %w", owner, err)
			}
			slice.Endpoints[i].Addresses, slice.Endpoints[i].TargetRef = []string{host}, nil
			for j := range slice.Ports {
				there := int32(number)
				slice.Ports[j].Port = &there
			}
		}
	}
	return nil
}
