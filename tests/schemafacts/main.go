// Command schemafacts writes the structural facts of the built-in Kubernetes API types to one compact file.
//
// It owns nothing at run time: the embedded API server only reads the file. What it collects, and from where:
//   - Go names, JSON names, omitempty, protobuf numbers: reflection over the k8s.io types (types.go);
//   - required, defaults, list and map types, merge keys: the OpenAPI v3 documents in the k8s.io/kubernetes module (spec.go);
//   - enumerations: the generated OpenAPI source of the same module (spec.go);
//   - resources, verbs, short names: the recorded discovery document of the same module (resources.go).
//
// Descriptions are left out: they are prose, not facts. Run: go run . OUTPUT
package main

import (
	"encoding/json"
	"log"
	"os"
	"os/exec"
)

const kubernetesVersion = "v1.37.2"

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: schemafacts OUTPUT")
	}
	root := kubernetesModule()
	spec := readSpec(root)
	sections := collectTypes(spec)
	sections["resources"] = readResources(root)
	if err := writeSections(os.Args[1], sections); err != nil {
		log.Fatal(err)
	}
}

// kubernetesModule returns the folder of the unpacked k8s.io/kubernetes module. It is downloaded and not required,
// because its own staging replacements would otherwise have to be repeated in go.mod.
func kubernetesModule() string {
	out, err := exec.Command("go", "mod", "download", "-json", "k8s.io/kubernetes@"+kubernetesVersion).Output()
	if err != nil {
		log.Fatalf("downloading k8s.io/kubernetes: %v", err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		log.Fatal(err)
	}
	return module.Dir
}
