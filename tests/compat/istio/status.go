package main

import (
	"maps"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pkg/config"
)

// status is one condition of an object, of a listener of it, or of a route at one of its parents.
type status struct {
	Kind     string `json:"kind"`
	Object   string `json:"object"` // "namespace/name"
	Parent   string `json:"parent,omitempty"`
	Section  string `json:"section,omitempty"`
	Listener string `json:"listener,omitempty"`
	Type     string `json:"type"`
	Status   string `json:"status"`
	Reason   string `json:"reason"`
}

// attached is how many routes a listener has: "namespace/gateway/listener".
type attached struct {
	Listener string `json:"listener"`
	Routes   int32  `json:"routes"`
}

// writtenStatus takes what the control plane would write to the API server.
type writtenStatus struct {
	model.ConfigStore
	mu   sync.Mutex
	last map[string]config.Config
	at   time.Time
}

func newWrittenStatus() *writtenStatus {
	return &writtenStatus{last: map[string]config.Config{}, at: time.Now()}
}

func (w *writtenStatus) Get(kind config.GroupVersionKind, name, namespace string) *config.Config {
	return &config.Config{Meta: config.Meta{GroupVersionKind: kind, Name: name, Namespace: namespace}}
}

func (w *writtenStatus) UpdateStatus(c config.Config) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last[c.GroupVersionKind.Kind+" "+c.Namespace+"/"+c.Name], w.at = c, time.Now()
	return "", nil
}

// settle waits until nothing was written for some time, two seconds at most.
func (w *writtenStatus) settle(quiet time.Duration) {
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		w.mu.Lock()
		idle := time.Since(w.at)
		w.mu.Unlock()
		if idle > quiet {
			return
		}
	}
}

func (w *writtenStatus) read() (conditions []status, counts []attached) {
	w.mu.Lock()
	defer w.mu.Unlock()
	conditions, counts = []status{}, []attached{}
	for _, key := range slices.Sorted(maps.Keys(w.last)) {
		c := w.last[key]
		base := status{Kind: c.GroupVersionKind.Kind, Object: c.Namespace + "/" + c.Name}
		add := func(of status, list []metav1.Condition) {
			for _, condition := range list {
				of.Type, of.Status, of.Reason = condition.Type, string(condition.Status), condition.Reason
				conditions = append(conditions, of)
			}
		}
		listener := func(name gatewayv1.SectionName, routes int32, list []metav1.Condition) {
			of := base
			of.Listener = string(name)
			add(of, list)
			counts = append(counts, attached{base.Object + "/" + of.Listener, routes})
		}
		route := func(parents []gatewayv1.RouteParentStatus) {
			for _, p := range parents {
				of := base
				of.Parent = c.Namespace + "/" + string(p.ParentRef.Name)
				if p.ParentRef.Namespace != nil {
					of.Parent = string(*p.ParentRef.Namespace) + "/" + string(p.ParentRef.Name)
				}
				if p.ParentRef.SectionName != nil {
					of.Section = string(*p.ParentRef.SectionName)
				}
				add(of, p.Conditions)
			}
		}
		switch written := c.Status.(type) {
		case *gatewayv1.GatewayStatus:
			add(base, written.Conditions)
			for _, l := range written.Listeners {
				listener(l.Name, l.AttachedRoutes, l.Conditions)
			}
		case *gatewayv1.ListenerSetStatus:
			add(base, written.Conditions)
			for _, l := range written.Listeners {
				listener(l.Name, l.AttachedRoutes, l.Conditions)
			}
		case *gatewayv1.TLSRouteStatus:
			route(written.Parents)
		case *gatewayv1.TCPRouteStatus:
			route(written.Parents)
		case *gatewayv1.HTTPRouteStatus:
			route(written.Parents)
		case *gatewayv1.GRPCRouteStatus:
			route(written.Parents)
		}
	}
	return conditions, counts
}
