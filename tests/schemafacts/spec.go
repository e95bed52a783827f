package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

type definition map[string]any

// specFacts is what the published OpenAPI says that Go's type system does not.
type specFacts struct {
	definitions map[string]definition
	// enums maps "pkg_fn_Type" to property to values; itemEnums the same for the elements of lists.
	enums, itemEnums map[string]map[string][]string
}

func readSpec(root string) *specFacts {
	facts := &specFacts{map[string]definition{}, map[string]map[string][]string{}, map[string]map[string][]string{}}
	files, err := filepath.Glob(filepath.Join(root, "api", "openapi-spec", "v3", "*_openapi.json"))
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range files {
		var document struct {
			Components struct{ Schemas map[string]definition }
		}
		readJSON(file, &document)
		for name, schema := range document.Components.Schemas {
			merge(facts.definitions, name, schema)
		}
	}
	facts.readEnums(filepath.Join(root, "pkg", "generated", "openapi", "zz_generated.openapi.go"))
	return facts
}

// merge joins the group-version-kinds: a document lists only those of shared types (DeleteOptions) it knows of.
func merge(all map[string]definition, name string, schema definition) {
	const key = "x-kubernetes-group-version-kind"
	known, ok := all[name]
	if !ok {
		all[name] = schema
		return
	}
	seen := map[string]bool{}
	joined := []any{}
	for _, list := range []any{known[key], schema[key]} {
		kinds, _ := list.([]any)
		for _, kind := range kinds {
			text, _ := json.Marshal(kind)
			if !seen[string(text)] {
				seen[string(text)] = true
				joined = append(joined, kind)
			}
		}
	}
	if len(joined) > 0 {
		known[key] = joined
	}
}

var (
	functionLine = regexp.MustCompile(`^func schema_(\w+)\(`)
	propertyLine = regexp.MustCompile(`^\t{5}"([^"]+)": \{$`)
	enumLine     = regexp.MustCompile(`^(\t+)Enum:\s+\[\]interface\{\}\{(.*)\},$`)
)

// readEnums relies on gofmt's indentation: a property's own schema stands at seven tabs, its elements' deeper.
func (f *specFacts) readEnums(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	var function, property string
	for _, line := range strings.Split(string(text), "\n") {
		if m := functionLine.FindStringSubmatch(line); m != nil {
			function = m[1]
		} else if m := propertyLine.FindStringSubmatch(line); m != nil {
			property = m[1]
		} else if m := enumLine.FindStringSubmatch(line); m != nil {
			var values []string
			if err := json.Unmarshal([]byte("["+m[2]+"]"), &values); err != nil {
				log.Fatalf("%s.%s: %v", function, property, err)
			}
			into := f.enums
			if len(m[1]) > 7 {
				into = f.itemEnums
			}
			if into[function] == nil {
				into[function] = map[string][]string{}
			}
			into[function][property] = values
		}
	}
}
