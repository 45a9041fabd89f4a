package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pkg/config"
	crdvalidation "istio.io/istio/pkg/config/crd"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/schema/gvk"
	"istio.io/istio/pkg/config/schema/resource"
	kubelib "istio.io/istio/pkg/kube"
)

// sameAge is that of every object that does not say when it was made, so that names decide.
var sameAge = metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))

// manifests are a set as an API server would keep it: without what its schemas or Istio's webhook refuse.
type manifests struct {
	objects []*unstructured.Unstructured // as they are written, but for namespace and age
	istio   []config.Config
	kube    []runtime.Object
	refused []string
}

// read takes files, and the YAML files of folders. Of an object that is there twice the later one counts.
func read(paths []string) (*manifests, error) {
	set := &manifests{refused: []string{}}
	for _, path := range paths {
		files := []string{path}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			files, _ = filepath.Glob(filepath.Join(path, "*.y*ml"))
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			if err := set.parse(text); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return set, nil
}

func (set *manifests) parse(text []byte) error {
	for documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text))); ; {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		object := map[string]any{}
		text, err := yaml.YAMLToJSON(document)
		if err == nil {
			err = utiljson.Unmarshal(text, &object) // whole numbers stay whole: the schemas ask for that
		}
		if err != nil {
			return err
		}
		items, isList := object["items"].([]any)
		if !isList {
			items = []any{object}
		}
		for _, item := range items {
			if content, ok := item.(map[string]any); ok && content["kind"] != nil {
				set.add(&unstructured.Unstructured{Object: content})
			}
		}
	}
}

func (set *manifests) add(object *unstructured.Unstructured) {
	switch object.GetKind() {
	case "Namespace", "GatewayClass", "CustomResourceDefinition":
	default:
		if object.GetNamespace() == "" {
			object.SetNamespace("default")
		}
	}
	if age := object.GetCreationTimestamp(); age.IsZero() {
		object.SetCreationTimestamp(sameAge)
	}
	delete(object.Object, "status")
	for i, older := range set.objects {
		if told(older) == told(object) {
			set.objects[i] = object
			return
		}
	}
	set.objects = append(set.objects, object)
}

// told is "Kind.group namespace/name".
func told(object *unstructured.Unstructured) string {
	return fmt.Sprintf("%v %s/%s", object.GroupVersionKind().GroupKind(), object.GetNamespace(), object.GetName())
}

// admit plays the API server, which fills in defaults, and Istio's webhook.
func (set *manifests) admit(schemas *crdvalidation.Validator) {
	for _, object := range set.objects {
		if err := set.admitOne(object.DeepCopy(), schemas); err != nil {
			set.refused = append(set.refused, told(object)+": "+err.Error())
		}
	}
}

func (set *manifests) admitOne(object *unstructured.Unstructured, schemas *crdvalidation.Validator) error {
	group := object.GroupVersionKind().Group
	ofIstio, ofGateways := strings.HasSuffix(group, "istio.io"), group == gvk.KubernetesGateway.Group
	if ofIstio || ofGateways {
		if err := schemas.ValidateCustomResource(object); err != nil {
			return err
		}
	}
	if ofIstio {
		return set.admitIstio(object)
	}
	if ofGateways {
		object.SetAPIVersion(group + "/v1") // an API server would convert to what this Istio watches
		if object.GetKind() == "ReferenceGrant" {
			object.SetAPIVersion(group + "/v1beta1")
		}
	}
	if object.GetKind() == "CustomResourceDefinition" {
		return nil // the control plane has its own (installCRDs); analyzers look at this one
	}
	text, err := json.Marshal(object.Object)
	if err != nil {
		return err
	}
	typed, _, err := kubelib.IstioCodec.UniversalDeserializer().Decode(text, nil, nil)
	if runtime.IsNotRegisteredError(err) && !ofGateways {
		return nil // no kind that a gateway looks at
	} else if err != nil {
		return err
	}
	set.kube = append(set.kube, typed)
	return nil
}

func (set *manifests) admitIstio(object *unstructured.Unstructured) error {
	text, err := json.Marshal(object.Object)
	if err != nil {
		return err
	}
	var kind crd.IstioKind
	if err := json.Unmarshal(text, &kind); err != nil {
		return err
	}
	version := kind.GroupVersionKind()
	schema, known := collections.Istio.FindByGroupKind(resource.FromKubernetesGVK(&version))
	if !known {
		return fmt.Errorf("no kind of Istio's")
	}
	converted, err := crd.ConvertObject(schema, &kind, "cluster.local")
	if err != nil {
		return err
	}
	if _, err := schema.ValidateConfig(*converted); err != nil {
		return err
	}
	set.istio = append(set.istio, *converted)
	return nil
}
