package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	tcpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	corev1 "k8s.io/api/core/v1"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pkg/spiffe"
	"istio.io/istio/pkg/test"
)

// workload is a group of gateway pods: each runs the same Envoy.
type workload struct {
	Gateways  []string   `json:"gateways"` // "namespace/name" of those that it serves
	Pod       string     `json:"pod"`      // "name.namespace" of one of them
	IP        string     `json:"ip"`
	Labels    any        `json:"labels"`
	Listeners []listener `json:"listeners"`
}

type listener struct {
	Ports    []int   `json:"ports"` // that clients use: those of Services that lead here, or its own
	Address  string  `json:"address"`
	Rejected string  `json:"rejected,omitempty"` // why Envoy does not take it
	Chains   []chain `json:"chains"`
}

type chain struct {
	Names     []string      `json:"names"` // none: everything
	Transport string        `json:"transport,omitempty"`
	Ends      string        `json:"ends"` // backend, gateway (it ends TLS), plain (HTTP without TLS), sni (a cluster of that name)
	To        []destination `json:"to"`
}

type destination struct {
	Host   string `json:"host"`
	Port   int    `json:"port"`
	Subset string `json:"subset,omitempty"`
	Weight uint32 `json:"weight"`
	Closed string `json:"closed,omitempty"` // why nothing gets there
}

func (p pilot) workloads(t test.Failer, c *cluster) []workload {
	var all []workload
	for _, pod := range c.gateways() {
		all = append(all, p.workload(t, c, pod))
	}
	return all
}

func (p pilot) workload(t test.Failer, c *cluster, pod *corev1.Pod) workload {
	proxy := p.SetupProxy(&model.Proxy{
		Type: model.Router, ID: pod.Name + "." + pod.Namespace, ConfigNamespace: pod.Namespace,
		IPAddresses: []string{pod.Status.PodIP}, Labels: pod.Labels,
		VerifiedIdentity: &spiffe.Identity{TrustDomain: "cluster.local", Namespace: pod.Namespace, ServiceAccount: "default"},
		Metadata: &model.NodeMetadata{
			Namespace: pod.Namespace, Labels: pod.Labels, IstioVersion: "1.31.0", ClusterID: "Kubernetes", ServiceAccount: "default",
		},
	})
	w := workload{Gateways: []string{}, Pod: proxy.ID, IP: pod.Status.PodIP, Labels: pod.Labels, Listeners: []listener{}}
	served := map[string]bool{}
	if name := c.made[pod]; name != "" {
		served[name] = true
	}
	for _, gateway := range c.mine {
		if c.addresses(gateway, pod) {
			served[gateway.Namespace+"/"+gateway.Name] = true
		}
	}
	if proxy.MergedGateway != nil {
		for _, name := range proxy.MergedGateway.GatewayNameForServer {
			if !strings.Contains(name, "~") { // that is a listener of a Gateway, or of a ListenerSet
				served[name] = true
			}
		}
	}
	w.Gateways = slices.AppendSeq(w.Gateways, maps.Keys(served))
	slices.Sort(w.Gateways)
	clusters := map[string]*clusterv3.Cluster{}
	for _, one := range p.Clusters(proxy) {
		clusters[one.Name] = one
	}
	endpoints := map[string]int{}
	for _, one := range p.Endpoints(proxy) {
		endpoints[one.ClusterName] = count(one)
	}
	for _, one := range p.Listeners(proxy) {
		at := one.Address.GetSocketAddress()
		if at == nil || at.Protocol == corev3.SocketAddress_UDP {
			continue
		}
		if one.DefaultFilterChain != nil {
			t.Fatalf("listener %s has a default filter chain, which is not looked at here", one.Name)
		}
		l := listener{Ports: c.clientPorts(pod, int(at.GetPortValue())), Address: at.Address, Chains: []chain{}}
		slices.Sort(l.Ports)
		for _, fc := range one.FilterChains {
			l.Chains = append(l.Chains, chainOf(fc, clusters, endpoints))
		}
		l.Rejected = rejected(l.Chains)
		w.Listeners = append(w.Listeners, l)
	}
	slices.SortFunc(w.Listeners, func(a, b listener) int {
		return cmp.Or(slices.Compare(a.Ports, b.Ports), cmp.Compare(a.Address, b.Address))
	})
	return w
}

// clientPorts are the ports of Services that lead to a pod's port, and the port itself where no Service has it.
func (c *cluster) clientPorts(pod *corev1.Pod, number int) []int {
	ports, taken := map[int]bool{}, false
	for _, service := range c.services {
		if !before(service, pod) {
			continue
		}
		for _, port := range service.Spec.Ports {
			taken = taken || int(port.Port) == number
			if int(targetPort(port, pod)) == number {
				ports[int(port.Port)] = true
			}
		}
	}
	if !taken {
		ports[number] = true
	}
	return slices.AppendSeq([]int{}, maps.Keys(ports))
}

func count(assignment *endpointv3.ClusterLoadAssignment) (n int) {
	for _, locality := range assignment.GetEndpoints() {
		n += len(locality.LbEndpoints)
	}
	return n
}

func chainOf(fc *listenerv3.FilterChain, clusters map[string]*clusterv3.Cluster, endpoints map[string]int) chain {
	match := fc.GetFilterChainMatch()
	out := chain{Names: append([]string{}, match.GetServerNames()...), Transport: match.GetTransportProtocol(), Ends: "plain", To: []destination{}}
	tcp := &tcpv3.TcpProxy{}
	bySNI := false
	for _, filter := range fc.Filters {
		bySNI = bySNI || filter.Name == "envoy.filters.network.sni_cluster"
		if !filter.GetTypedConfig().MessageIs(tcp) || filter.GetTypedConfig().UnmarshalTo(tcp) != nil {
			continue
		}
		out.Ends = "backend"
		if name := tcp.GetCluster(); name != "" {
			out.To = append(out.To, destinationOf(name, 1, clusters, endpoints))
		}
		for _, part := range tcp.GetWeightedClusters().GetClusters() {
			out.To = append(out.To, destinationOf(part.Name, part.Weight, clusters, endpoints))
		}
	}
	switch {
	case fc.GetTransportSocket() != nil:
		out.Ends = "gateway"
	case bySNI:
		out.Ends = "sni"
	}
	return out
}

func destinationOf(name string, weight uint32, clusters map[string]*clusterv3.Cluster, endpoints map[string]int) destination {
	to := destination{Host: name, Weight: weight}
	if _, subset, host, port := model.ParseSubsetKey(name); host != "" {
		to.Subset, to.Host, to.Port = subset, string(host), port
	}
	cluster := clusters[name]
	switch {
	case cluster == nil:
		to.Closed = "no such cluster"
	case cluster.GetType() == clusterv3.Cluster_ORIGINAL_DST:
		to.Closed = "to where the client went, which is the gateway"
	case endpoints[name]+count(cluster.GetLoadAssignment()) == 0:
		to.Closed = "no endpoints"
	}
	return to
}

// rejected tells what Envoy refuses a listener for: one match in two chains, or a name that it cannot match.
func rejected(chains []chain) string {
	owner := map[string]int{}
	for i, c := range chains {
		names := c.Names
		if len(names) == 0 {
			names = []string{"*"}
		}
		for _, name := range names {
			if name != "*" && strings.Contains(strings.TrimPrefix(name, "*."), "*") {
				return fmt.Sprintf("server name %q: a wildcard that is no whole label", name)
			}
			match := strings.ToLower(name) + " " + c.Transport
			if first, again := owner[match]; again && first != i {
				return fmt.Sprintf("two filter chains match %q", strings.TrimSpace(match))
			}
			owner[match] = i
		}
	}
	return ""
}
