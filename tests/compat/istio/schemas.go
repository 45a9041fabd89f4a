package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	crdvalidation "istio.io/istio/pkg/config/crd"
	kubelib "istio.io/istio/pkg/kube"
	"istio.io/istio/pkg/test/env"
)

// taken is what an API server would say to `kubectl apply -f FILE`.
type taken struct {
	File      string   `json:"file"`
	Documents int      `json:"documents"`
	Refused   []string `json:"refused"`
}

// strictly decodes what is in the API server itself, and refuses fields that are unknown or there twice.
var strictly = serializer.NewCodecFactory(kubelib.IstioScheme, serializer.EnableStrict).UniversalDeserializer()

// served are the schemas of a cluster that follows Istio and a channel of the Gateway API, with their rules in CEL: those
// of the modules that this program is built with.
type served struct {
	schemas  *crdvalidation.Validator
	versions map[schema.GroupVersionKind]bool
}

func serving(channel string) (served, error) {
	crds := served{versions: map[schema.GroupVersionKind]bool{}}
	files := []string{filepath.Join(env.IstioSrc, "manifests/charts/base/files/crd-all.gen.yaml")}
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path != "sigs.k8s.io/gateway-api" {
			continue
		}
		folder := filepath.Join(env.IstioSrc, "../..", module.Path+"@"+module.Version, "config/crd", channel)
		own, err := filepath.Glob(filepath.Join(folder, "gateway.networking.k8s.io_[^v]*.yaml")) // vap is a policy
		if err != nil || len(own) == 0 {
			return crds, fmt.Errorf("no CRDs in %s", folder)
		}
		files = append(files, own...)
	}
	for _, file := range files {
		if err := eachDocument(file, crds.note); err != nil {
			return crds, err
		}
	}
	var err error
	crds.schemas, err = crdvalidation.NewValidatorFromFilesWithOptions(files, crdvalidation.WithoutCRDValidation())
	return crds, err
}

// note keeps which versions of a CRD are served: the schemas of the others are there, too.
func (crds *served) note(text []byte) error {
	var crd apiextensions.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return err
	}
	for _, version := range crd.Spec.Versions {
		kind := schema.GroupVersionKind{Group: crd.Spec.Group, Version: version.Name, Kind: crd.Spec.Names.Kind}
		crds.versions[kind] = version.Served
	}
	return nil
}

func eachDocument(path string, look func(text []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for documents := utilyaml.NewYAMLReader(bufio.NewReader(file)); ; {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := look(text); err != nil {
			return err
		}
	}
}

func tellTaken(channel string, paths []string) error {
	crds, err := serving(channel)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for _, path := range paths {
		said, err := crds.takes(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := out.Encode(said); err != nil {
			return err
		}
	}
	return nil
}

func (crds *served) takes(path string) (taken, error) {
	said := taken{File: path, Refused: []string{}}
	err := eachDocument(path, func(text []byte) error {
		_, _, err := strictly.Decode(text, nil, nil)
		if err != nil && !runtime.IsNotRegisteredError(err) && !runtime.IsMissingKind(err) {
			said.Refused = append(said.Refused, err.Error())
		}
		return nil
	})
	if err != nil {
		return said, err
	}
	set, err := read([]string{path})
	if err != nil {
		return said, err
	}
	said.Documents = len(set.objects)
	for _, object := range set.objects {
		named := validation.NameIsDNSSubdomain
		if object.GetKind() == "Service" {
			named = validation.NameIsDNS1035Label
		}
		for _, why := range named(object.GetName(), false) {
			said.Refused = append(said.Refused, told(object)+": its name: "+why)
		}
		if is, known := crds.versions[object.GroupVersionKind()]; known && !is {
			said.Refused = append(said.Refused, told(object)+": "+object.GetAPIVersion()+" is not served")
		}
	}
	set.admit(crds.schemas)
	said.Refused = append(said.Refused, set.refused...)
	return said, nil
}
