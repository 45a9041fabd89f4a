package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"
	discoveryv1 "k8s.io/api/discovery/v1"

	"istio.io/istio/pilot/test/xds"
	crdvalidation "istio.io/istio/pkg/config/crd"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/test"
)

// serve keeps a set's xDS open for a real Envoy, until a signal. It prints the gateways' pods, whose Envoys may ask.
func serve(schemas *crdvalidation.Validator, paths []string, at, endpoint string) error {
	set, err := read(paths)
	if err != nil {
		return err
	}
	set.admit(schemas)
	c := newCluster(set)
	if endpoint != "" {
		if err := c.move(endpoint); err != nil {
			return err
		}
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	return test.Wrap(func(t test.Failer) {
		p := startPilot(t, set, c, func(options *xds.FakeOptions) {
			options.ListenerBuilder = func() (net.Listener, error) { return net.Listen("tcp", at) }
			// No agent gives this Envoy a workload's certificate, and it would wait for one.
			options.MeshConfig = mesh.DefaultMeshConfig()
			options.MeshConfig.EnableAutoMtls = wrapperspb.Bool(false)
		})
		p.written.settle(100 * time.Millisecond)
		p.push(t)
		text, _ := json.Marshal(map[string]any{"xds": p.Listener.Addr().String(), "refused": set.refused, "workloads": p.workloads(t, c)})
		fmt.Println(string(text))
		<-stop
	})
}

// move puts one address in the place of all pods but the gateways'.
func (c *cluster) move(endpoint string) error {
	host, text, err := net.SplitHostPort(endpoint)
	if err != nil {
		return err
	}
	number, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return err
	}
	gateways := map[string]bool{}
	for _, pod := range c.gateways() {
		gateways[pod.Status.PodIP] = true
	}
	port := int32(number)
	for _, object := range c.objects {
		slice, ok := object.(*discoveryv1.EndpointSlice)
		if !ok {
			continue
		}
		for i := range slice.Endpoints {
			if gateways[slice.Endpoints[i].Addresses[0]] {
				continue
			}
			slice.Endpoints[i].Addresses, slice.Endpoints[i].TargetRef = []string{host}, nil
			for j := range slice.Ports {
				slice.Ports[j].Port = &port
			}
		}
	}
	return nil
}
