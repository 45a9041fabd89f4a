package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// lists gives the elements of a list that lies behind some fields; elements along the way that are lists are all
// gone through.
func lists(from any, fields ...string) []any {
	if list, ok := from.([]any); ok {
		var all []any
		for _, element := range list {
			all = append(all, lists(element, fields...)...)
		}
		return all
	}
	if len(fields) == 0 {
		if from == nil {
			return nil
		}
		return []any{from}
	}
	object, _ := from.(map[string]any)
	return lists(object[fields[0]], fields[1:]...)
}

// questions are the ports that Gateways have, and names: all that a set knows, one beside and one below each, one that
// nobody knows, and none at all (nil).
func questions(objects []*unstructured.Unstructured) ([]*string, []int) {
	names, ports := map[string]bool{"unknown.invalid": true}, map[int]bool{}
	for _, object := range objects {
		spec := object.Object["spec"]
		for _, path := range [][]string{
			{"servers", "hosts"}, {"listeners", "hostname"}, {"hosts"}, {"hostnames"}, {"tls", "match", "sniHosts"},
		} {
			for _, name := range lists(spec, path...) {
				if text, ok := name.(string); ok {
					addNames(names, text)
				}
			}
		}
		for _, path := range [][]string{{"servers", "port", "number"}, {"listeners", "port"}} {
			for _, number := range lists(spec, path...) {
				if n, ok := number.(int64); ok {
					ports[int(n)] = true
				}
			}
		}
	}
	asked := []*string{nil}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		asked = append(asked, &name)
	}
	return asked, slices.SortedFunc(maps.Keys(ports), cmp.Compare)
}

func addNames(names map[string]bool, text string) {
	text = strings.TrimSuffix(strings.ToLower(text[strings.LastIndex(text, "/")+1:]), ".")
	parent, wild := strings.CutPrefix(text, "*.")
	switch {
	case wild:
		names["x."+parent], names["y.x."+parent], names[parent] = true, true, true
	case strings.Contains(text, "*") || !strings.Contains(text, "."):
	case strings.Trim(text, "0123456789.") == "": // an address is no name to ask for
	default:
		_, parent, _ = strings.Cut(text, ".")
		names[text], names["below."+text], names["beside."+parent] = true, true, true
	}
}
