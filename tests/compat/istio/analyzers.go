package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"istio.io/istio/pkg/config/analysis/analyzers"
	"istio.io/istio/pkg/config/analysis/local"
)

// message is what `istioctl analyze -A` would say in a cluster that holds a set.
type message struct {
	Code   string `json:"code"`
	Object string `json:"object"` // "Kind namespace/name"
	Text   string `json:"text"`
}

// analyze runs Istio's analyzers over the objects of a set and what controllers made of them. Left to files,
// istioctl would read no Pod, Service, Secret or Namespace and leave out every analyzer that asks for one.
func analyze(set *manifests, c *cluster) ([]message, error) {
	all := local.NewIstiodAnalyzer(analyzers.AllCombined(), "", "istio-system", nil)
	readers := []local.ReaderSource{{Name: "set", Reader: bytes.NewReader(documents(set, c))}}
	if err := all.AddTestReaderKubeSource(readers); err != nil {
		return nil, err
	}
	stop := make(chan struct{})
	defer close(stop)
	result, err := all.Analyze(stop)
	if err != nil {
		return nil, err
	}
	found := []message{}
	for _, m := range result.Messages {
		one := message{Code: m.Type.Code(), Text: fmt.Sprintf(m.Type.Template(), m.Parameters...)}
		if m.Resource != nil {
			one.Object = m.Resource.Metadata.Schema.Kind() + " " + m.Resource.Metadata.FullName.String()
		}
		found = append(found, one)
	}
	slices.SortFunc(found, func(a, b message) int {
		return strings.Compare(a.Code+a.Object+a.Text, b.Code+b.Object+b.Text)
	})
	return found, nil
}

// documents are a set as the cluster holds it: Services and Secrets with their defaults, the pods of workloads.
func documents(set *manifests, c *cluster) []byte {
	var text bytes.Buffer
	add := func(object any) {
		document, _ := yaml.Marshal(object)
		fmt.Fprintf(&text, "---\n%s", document)
	}
	core := func(kind string) metav1.TypeMeta { return metav1.TypeMeta{APIVersion: "v1", Kind: kind} }
	for _, object := range set.objects {
		ours := object.GetAPIVersion() == "v1" && slices.Contains([]string{"Pod", "Service", "Secret"}, object.GetKind())
		if !ours {
			add(object.Object)
		}
	}
	for _, object := range set.kube {
		if secret, ok := object.(*corev1.Secret); ok {
			secret.TypeMeta = core("Secret")
			add(secret)
		}
	}
	ingress := false // everybody who installs Istio's own gateway gets its Service with it
	for _, namespace := range c.made {
		ingress = ingress || namespace == ""
	}
	for _, service := range c.services {
		of := *service
		of.TypeMeta = core("Service")
		add(of)
		ingress = ingress && (service.Namespace != "istio-system" || service.Name != "istio-ingressgateway")
	}
	if ingress {
		add(ingressService())
	}
	for _, pod := range c.pods {
		of := *pod
		of.TypeMeta = core("Pod")
		add(of)
	}
	return text.Bytes()
}

func ingressService() corev1.Service {
	service := corev1.Service{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}}
	service.Namespace, service.Name = "istio-system", "istio-ingressgateway"
	service.Spec.Selector = map[string]string{"istio": "ingressgateway"}
	for _, port := range []int32{80, 443, 15443, 31400} {
		service.Spec.Ports = append(service.Spec.Ports, corev1.ServicePort{
			Name: fmt.Sprintf("tcp-%d", port), Port: port, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(port)})
	}
	return service
}
