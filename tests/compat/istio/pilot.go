package main

import (
	"reflect"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	metadatafake "k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/gateway-api/pkg/consts"

	"istio.io/istio/pilot/pkg/model"
	statuswriter "istio.io/istio/pilot/pkg/status"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config/schema/gvr"
	kubelib "istio.io/istio/pkg/kube"
	"istio.io/istio/pkg/kube/kclient/clienttest"
	"istio.io/istio/pkg/kube/krt"
	"istio.io/istio/pkg/test"
)

// pilot is Istio's control plane with one set in it.
type pilot struct {
	*xds.FakeDiscoveryServer
	written *writtenStatus
}

func startPilot(t test.Failer, set *manifests, c *cluster, change func(*xds.FakeOptions)) pilot {
	krt.GlobalDebugHandler = new(krt.DebugHandler) // it keeps every collection of the process, else
	options := xds.FakeOptions{
		Configs: set.istio, KubernetesObjects: c.objects, KubernetesVersion: "33", DisableSecretAuthorization: true,
		KubeClientModifier: func(client kubelib.Client) { installCRDs(t, client) },
	}
	if change != nil {
		change(&options)
	}
	p := pilot{xds.NewFakeDiscoveryServer(t, options), newWrittenStatus()}
	writer := statuswriter.NewManager(p.written)
	writer.Start(test.NewStop(t))
	p.Discovery.Env.GatewayAPIController.(interface {
		SetStatusWrite(bool, *statuswriter.Manager)
	}).SetStatusWrite(true, writer)
	return p
}

// installCRDs says of every CRD that it is of Gateway API 1.6: the fake client says nothing, and Istio takes that for
// a version that is too old for TLSRoute and TCPRoute. Two that the fake server leaves out are added.
func installCRDs(t test.Failer, client kubelib.Client) {
	annotate := func(action clienttesting.Action) (bool, runtime.Object, error) {
		if write, ok := action.(interface{ GetObject() runtime.Object }); ok {
			if crd, ok := write.GetObject().(*metav1.PartialObjectMetadata); ok {
				crd.Annotations = map[string]string{consts.BundleVersionAnnotation: "v1.6.0"}
			}
		}
		return false, nil, nil
	}
	client.Metadata().(*metadatafake.FakeMetadataClient).PrependReactor("*", "customresourcedefinitions", annotate)
	clienttest.MakeCRD(t, client, gvr.ListenerSet)
	clienttest.MakeCRD(t, client, gvr.BackendTLSPolicy)
}

// push computes everything anew.
func (p pilot) push(t test.Failer) {
	p.Discovery.ConfigUpdate(&model.PushRequest{Forced: true})
	p.EnsureSynced(t)
}

// fill asks the control plane. What the Gateway API says is converted beside the push, so that it is asked until two
// answers in a row are the same.
func (a *answer) fill(set *manifests) error {
	return test.Wrap(func(t test.Failer) {
		defer func() {
			if reason := recover(); reason != nil {
				t.Fatalf("Istio itself panics: %v", reason)
			}
		}()
		c := newCluster(set)
		found, err := analyze(set, c)
		if err != nil {
			t.Fatal(err)
		}
		a.Analyze = found
		for _, object := range set.objects {
			a.Objects = append(a.Objects, object)
		}
		for _, pod := range c.pods {
			a.Objects = append(a.Objects, map[string]any{"kind": "Pod", "metadata": pod.ObjectMeta})
		}
		p := startPilot(t, set, c, nil)
		var last []workload
		for range 40 {
			p.written.settle(15 * time.Millisecond)
			p.push(t)
			now := p.workloads(t, c)
			same := reflect.DeepEqual(now, last)
			last = now
			if same {
				break
			}
		}
		p.written.settle(60 * time.Millisecond)
		a.Workloads = append(a.Workloads, last...)
		a.Status, a.Attached = p.written.read()
	})
}
