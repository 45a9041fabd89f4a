// Command compat-istio says what Istio's own control plane makes of manifests at its gateways: the listeners with
// their filter chains that it would give to Envoy, the status that it would write to objects of the Gateway API, and what
// istioctl's analyzers find.
// It needs no cluster and no network.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	_ "compat-istio/early"

	crdvalidation "istio.io/istio/pkg/config/crd"
	istiolog "istio.io/istio/pkg/log"
	"istio.io/istio/pkg/test/env"
)

const usage = `usage: compat-istio FILE-OR-FOLDER...           one set of manifests, one JSON document
       compat-istio -                           a set a line on stdin, as a JSON list of paths; a document a line
       compat-istio -live STAGE FILE-OR-FOLDER...
                                                xDS for a real Envoy; STAGE is a JSON object, see live.go
       compat-istio -schemas CHANNEL FILE...    whether an API server with that channel of the Gateway API (standard or
                                                experimental) would take each file, a JSON document for each`

// answer is what is printed for one set.
type answer struct {
	Istio     string     `json:"istio"`           // the module's version
	Error     string     `json:"error,omitempty"` // why there is nothing else
	Refused   []string   `json:"refused"`         // objects that no API server with Istio's webhook would take
	Names     []*string  `json:"names"`           // that are worth asking for; null: a client without SNI
	Ports     []int      `json:"ports"`           // that Gateways name
	Workloads []workload `json:"workloads"`
	Status    []status   `json:"status"`
	Attached  []attached `json:"attached"`
	Analyze   []message  `json:"analyze"` // what istioctl's analyzers say
	Objects   []any      `json:"objects"` // that the analyzers looked at: those of the set, and the pods
}

func main() {
	onStage := flag.String("live", "", "")
	channel := flag.String("schemas", "", "")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, usage) }
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	for _, scope := range istiolog.Scopes() {
		scope.SetOutputLevel(istiolog.NoneLevel)
	}
	answer := func(paths []string) error { return run(*onStage, paths) }
	if *channel != "" {
		answer = func(paths []string) error { return tellTaken(*channel, paths) }
	}
	if err := answer(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "compat-istio:", err)
		os.Exit(1)
	}
}

func run(onStage string, paths []string) error {
	// The CRDs lie in the module itself.
	schemas, err := crdvalidation.NewValidatorFromFilesWithOptions([]string{
		filepath.Join(env.IstioSrc, "manifests/charts/base/files/crd-all.gen.yaml"),
		filepath.Join(env.IstioSrc, "tests/integration/pilot/testdata/gateway-api-crd.yaml"),
	}, crdvalidation.WithoutCRDValidation())
	if err != nil {
		return err
	}
	if onStage != "" {
		var on stage
		if err := json.Unmarshal([]byte(onStage), &on); err != nil {
			return err
		}
		return live(schemas, paths, on)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	if paths[0] != "-" {
		out.SetIndent("", " ")
		return out.Encode(ask(schemas, paths))
	}
	for in := json.NewDecoder(bufio.NewReader(os.Stdin)); ; {
		var set []string
		if err := in.Decode(&set); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := out.Encode(ask(schemas, set)); err != nil {
			return err
		}
	}
}

func ask(schemas *crdvalidation.Validator, paths []string) answer {
	a := answer{Istio: istioVersion(), Workloads: []workload{}, Status: []status{}, Attached: []attached{}, Analyze: []message{}}
	set, err := read(paths)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	a.Names, a.Ports = questions(set.objects)
	set.admit(schemas)
	a.Refused = set.refused
	if len(a.Refused) > 0 { // such a set is in no cluster
		return a
	}
	if err := a.fill(set); err != nil {
		a.Error = err.Error()
	}
	return a
}

// istioVersion is that of the module that this program was built with.
func istioVersion() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "istio.io/istio" {
			return module.Version
		}
	}
	return "unknown"
}
