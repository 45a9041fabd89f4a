package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	networking "istio.io/api/networking/v1alpha3"
	"istio.io/istio/pilot/pkg/config/kube/gatewaycommon"
)

// cluster is what the controllers of a cluster, and Istio's, would have made of a set: pods of workloads, addresses,
// endpoints of Services, and the gateways that run in pods.
type cluster struct {
	objects    []runtime.Object
	namespaces map[string]*corev1.Namespace
	services   []*corev1.Service
	pods       []*corev1.Pod
	sliced     map[string]bool        // Services that brought endpoints with them
	made       map[*corev1.Pod]string // by Istio: "namespace/name" of the Gateway, or "" for its ingress gateway
	mine       []*gatewayv1.Gateway   // those of the Gateway API
	sets       []*gatewayv1.ListenerSet
	selectors  []map[string]string // of Istio's own Gateways
}

const (
	gatewayName = "gateway.networking.k8s.io/gateway-name"
	namedBy     = "kubernetes.io/metadata.name"
)

func newCluster(set *manifests) *cluster {
	c := &cluster{namespaces: map[string]*corev1.Namespace{}, sliced: map[string]bool{}, made: map[*corev1.Pod]string{}}
	for _, object := range set.objects {
		c.addNamespace(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: object.GetNamespace()}})
	}
	c.addNamespace(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "istio-system"}})
	classes := map[string]gatewayv1.GatewayController{}
	for name, controller := range gatewaycommon.AllClasses {
		classes[string(name)] = controller
	}
	for _, object := range set.kube {
		c.take(object, classes)
	}
	for name, controller := range classes {
		class := &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: sameAge}}
		class.Spec.ControllerName = controller
		c.objects = append(c.objects, class)
	}
	for i := range set.istio {
		if gateway, ok := set.istio[i].Spec.(*networking.Gateway); ok {
			c.selectors = append(c.selectors, gateway.Selector)
		}
	}
	if !slices.ContainsFunc(c.pods, func(pod *corev1.Pod) bool { return pod.Labels["istio"] == "ingressgateway" }) {
		c.made[c.addPod("istio-system", "istio-ingressgateway", corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{
			Labels: map[string]string{"istio": "ingressgateway", "app": "istio-ingressgateway"}}})] = ""
	}
	for _, gateway := range c.mine {
		if gatewaycommon.ClassInfos[classes[string(gateway.Spec.GatewayClassName)]].Templates != "" {
			c.deploy(gateway)
		}
	}
	for _, service := range c.services {
		c.slice(service)
		c.objects = append(c.objects, service)
	}
	for _, pod := range c.pods {
		c.objects = append(c.objects, pod)
	}
	for _, namespace := range c.namespaces {
		c.objects = append(c.objects, namespace)
	}
	return c
}

// take files an object under its kind.
func (c *cluster) take(object runtime.Object, classes map[string]gatewayv1.GatewayController) {
	switch o := object.(type) {
	case *corev1.Namespace:
		c.addNamespace(o)
		return
	case *corev1.Service:
		c.addService(o)
		return
	case *corev1.Pod:
		c.addPod(o.Namespace, o.Name, corev1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec})
		return
	case *gatewayv1.GatewayClass:
		classes[o.Name] = o.Spec.ControllerName
		return
	case *appsv1.Deployment:
		if o.Spec.Replicas == nil || *o.Spec.Replicas > 0 {
			c.addPod(o.Namespace, o.Name, o.Spec.Template)
		}
	case *appsv1.StatefulSet:
		if o.Spec.Replicas == nil || *o.Spec.Replicas > 0 {
			c.addPod(o.Namespace, o.Name, o.Spec.Template)
		}
	case *appsv1.ReplicaSet:
		if o.Spec.Replicas == nil || *o.Spec.Replicas > 0 {
			c.addPod(o.Namespace, o.Name, o.Spec.Template)
		}
	case *appsv1.DaemonSet:
		c.addPod(o.Namespace, o.Name, o.Spec.Template)
	case *batchv1.Job:
		c.addPod(o.Namespace, o.Name, o.Spec.Template)
	case *corev1.Secret:
		o.Data = maps.Clone(o.Data)
		for key, text := range o.StringData {
			if o.Data == nil {
				o.Data = map[string][]byte{}
			}
			o.Data[key] = []byte(text)
		}
	case *corev1.Endpoints: //nolint:staticcheck // a cluster still makes slices of them
		c.sliced[o.Namespace+"/"+o.Name] = true
		for i, subset := range o.Subsets {
			slice := newSlice(o.Namespace, fmt.Sprintf("%s-of-%d", o.Name, i), o.Name)
			for _, port := range subset.Ports {
				slice.Ports = append(slice.Ports, discoveryv1.EndpointPort{Name: &port.Name, Port: &port.Port, Protocol: &port.Protocol})
			}
			for _, at := range subset.Addresses {
				slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: []string{at.IP}})
			}
			c.objects = append(c.objects, slice)
		}
		return
	case *discoveryv1.EndpointSlice:
		c.sliced[o.Namespace+"/"+o.Labels[discoveryv1.LabelServiceName]] = true
	case *gatewayv1.Gateway:
		c.mine = append(c.mine, o)
	case *gatewayv1.ListenerSet:
		c.sets = append(c.sets, o)
	}
	c.objects = append(c.objects, object)
}

func (c *cluster) addNamespace(namespace *corev1.Namespace) {
	if namespace.Name == "" {
		return
	}
	namespace.Labels = maps.Clone(namespace.Labels)
	if namespace.Labels == nil {
		namespace.Labels = map[string]string{}
	}
	namespace.Labels[namedBy] = namespace.Name
	c.namespaces[namespace.Name] = namespace
}

// address is the nth of a network: no two objects of a set share one.
func address(network string, n int) string { return fmt.Sprintf("%s.%d.%d", network, n/250, n%250+1) }

func (c *cluster) addPod(namespace, owner string, template corev1.PodTemplateSpec) *corev1.Pod {
	ip := address("10.1", len(c.pods))
	pod := &corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	pod.Namespace, pod.Name, pod.CreationTimestamp = namespace, fmt.Sprintf("%s-%d", owner, len(c.pods)), sameAge
	pod.Spec.ServiceAccountName = "default"
	pod.Status = corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}},
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
	}
	c.pods = append(c.pods, pod)
	return pod
}

// addService fills in what the API server would. One without an address is headless to Istio.
func (c *cluster) addService(service *corev1.Service) {
	spec := &service.Spec
	if spec.ClusterIP == "" && spec.Type != corev1.ServiceTypeExternalName {
		spec.ClusterIP = address("10.2", len(c.services))
	}
	if spec.Type == corev1.ServiceTypeLoadBalancer {
		ingress := corev1.LoadBalancerIngress{IP: address("192.0", len(c.services))}
		service.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{ingress}
	}
	for i := range spec.Ports {
		port := &spec.Ports[i]
		if port.Protocol == "" {
			port.Protocol = corev1.ProtocolTCP
		}
		if port.TargetPort == (intstr.IntOrString{}) {
			port.TargetPort = intstr.FromInt32(port.Port)
		}
	}
	c.services = append(c.services, service)
}

// deploy makes what Istio's controller makes of a Gateway: a pod, and a Service with the ports of its listeners and
// of those that ListenerSets add.
func (c *cluster) deploy(gateway *gatewayv1.Gateway) {
	if !gatewaycommon.IsManaged(&gateway.Spec) {
		return
	}
	class := string(gateway.Spec.GatewayClassName)
	name := gatewaycommon.GetDefaultName(gateway.Name, &gateway.Spec, false)
	meta := metav1.ObjectMeta{Labels: map[string]string{
		gatewayName: gateway.Name, "gateway.networking.k8s.io/gateway-class-name": class}}
	if gateway.Spec.Infrastructure != nil {
		for key, value := range gateway.Spec.Infrastructure.Labels {
			meta.Labels[string(key)] = string(value)
		}
	}
	c.made[c.addPod(gateway.Namespace, name, corev1.PodTemplateSpec{ObjectMeta: meta})] = gateway.Namespace + "/" + gateway.Name
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: gateway.Namespace, Name: name, CreationTimestamp: sameAge}}
	service.Labels = map[string]string{gatewayName: gateway.Name, "gateway.istio.io/managed": "istio.io-gateway-controller"}
	service.Spec.Type = corev1.ServiceTypeLoadBalancer
	service.Spec.Selector = map[string]string{gatewayName: gateway.Name}
	ports := map[int32]bool{}
	for _, listener := range gateway.Spec.Listeners {
		ports[int32(listener.Port)] = true
	}
	for _, set := range c.sets {
		home := set.Namespace
		if set.Spec.ParentRef.Namespace != nil {
			home = string(*set.Spec.ParentRef.Namespace)
		}
		lookup := func(name string) *corev1.Namespace { return c.namespaces[name] }
		if home+"/"+string(set.Spec.ParentRef.Name) != gateway.Namespace+"/"+gateway.Name ||
			!gatewaycommon.NamespaceAcceptedByAllowListeners(set.Namespace, gateway, lookup) {
			continue
		}
		for _, listener := range set.Spec.Listeners {
			ports[int32(listener.Port)] = true
		}
	}
	for _, port := range slices.Sorted(maps.Keys(ports)) {
		service.Spec.Ports = append(service.Spec.Ports, corev1.ServicePort{Name: fmt.Sprintf("tcp-%d", port), Port: port})
	}
	c.addService(service)
}

func selects(selector map[string]string, pod *corev1.Pod) bool {
	return len(selector) > 0 && labels.SelectorFromSet(selector).Matches(labels.Set(pod.Labels))
}

func before(service *corev1.Service, pod *corev1.Pod) bool {
	return service.Namespace == pod.Namespace && selects(service.Spec.Selector, pod)
}

// targetPort is a Service's port at one of its pods; 0: the pod has no port of that name.
func targetPort(port corev1.ServicePort, pod *corev1.Pod) int32 {
	if port.TargetPort.Type == intstr.Int {
		return port.TargetPort.IntVal
	}
	for _, container := range pod.Spec.Containers {
		for _, own := range container.Ports {
			if own.Name == port.TargetPort.StrVal && (own.Protocol == "" || own.Protocol == port.Protocol) {
				return own.ContainerPort
			}
		}
	}
	return 0
}

func newSlice(namespace, name, service string) *discoveryv1.EndpointSlice {
	slice := &discoveryv1.EndpointSlice{AddressType: discoveryv1.AddressTypeIPv4}
	slice.Namespace, slice.Name = namespace, name
	slice.Labels = map[string]string{discoveryv1.LabelServiceName: service}
	return slice
}

// slice gives a Service its endpoints: a slice for each pod.
func (c *cluster) slice(service *corev1.Service) {
	if c.sliced[service.Namespace+"/"+service.Name] || service.Spec.Type == corev1.ServiceTypeExternalName {
		return
	}
	for i, pod := range c.pods {
		if !before(service, pod) {
			continue
		}
		ready := true
		slice := newSlice(service.Namespace, fmt.Sprintf("%s-%d", service.Name, i), service.Name)
		slice.Endpoints = []discoveryv1.Endpoint{{
			Addresses: []string{pod.Status.PodIP}, Conditions: discoveryv1.EndpointConditions{Ready: &ready},
			TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name},
		}}
		for _, port := range service.Spec.Ports {
			if target := targetPort(port, pod); target != 0 {
				slice.Ports = append(slice.Ports, discoveryv1.EndpointPort{Name: &port.Name, Port: &target, Protocol: &port.Protocol})
			}
		}
		c.objects = append(c.objects, slice)
	}
}

// gateways are the pods whose Envoy is a gateway, one of each namespace and labels: those that Istio made, those with
// the labels of its ingress gateway, and those that a Gateway selects.
func (c *cluster) gateways() []*corev1.Pod {
	var found []*corev1.Pod
	seen := map[string]bool{}
	for _, pod := range c.pods {
		_, made := c.made[pod]
		chosen := made || pod.Labels["istio"] == "ingressgateway" ||
			slices.ContainsFunc(c.selectors, func(selector map[string]string) bool { return selects(selector, pod) }) ||
			slices.ContainsFunc(c.mine, func(gateway *gatewayv1.Gateway) bool { return c.addresses(gateway, pod) })
		if key := pod.Namespace + " " + labels.Set(pod.Labels).String(); chosen && !seen[key] {
			seen[key] = true
			found = append(found, pod)
		}
	}
	return found
}

// addresses tells whether a Gateway that brings its own deployment names a Service before this pod.
func (c *cluster) addresses(gateway *gatewayv1.Gateway, pod *corev1.Pod) bool {
	for _, named := range gateway.Spec.Addresses {
		for _, service := range c.services {
			host, _, _ := strings.Cut(named.Value, ".svc")
			here := host == service.Name+"."+service.Namespace || host == service.Name && service.Namespace == gateway.Namespace
			if here && before(service, pod) {
				return true
			}
		}
	}
	return false
}
