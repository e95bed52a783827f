// Encodes objects as kube-apiserver does: reads a JSON list of objects, writes a list with the protobuf of each.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

type answer struct {
	Protobuf []byte `json:"protobuf,omitempty"`
	Error    string `json:"error,omitempty"`
}

func encoded(raw json.RawMessage) answer {
	meta := &metav1.TypeMeta{}
	if err := json.Unmarshal(raw, meta); err != nil {
		return answer{Error: err.Error()}
	}
	kind := schema.FromAPIVersionAndKind(meta.APIVersion, meta.Kind)
	object, err := scheme.Scheme.New(kind)
	if err != nil {
		return answer{Error: err.Error()}
	}
	if err := json.Unmarshal(raw, object); err != nil {
		return answer{Error: err.Error()}
	}
	object.GetObjectKind().SetGroupVersionKind(kind)
	var out bytes.Buffer
	if err := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme).Encode(object.(runtime.Object), &out); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Protobuf: out.Bytes()}
}

func main() {
	utilruntime.Must(apiextensions.AddToScheme(scheme.Scheme))
	utilruntime.Must(apiregistration.AddToScheme(scheme.Scheme))
	utilruntime.Must(metav1.AddMetaToScheme(scheme.Scheme))
	var objects []json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	answers := make([]answer, 0, len(objects))
	for _, object := range objects {
		answers = append(answers, encoded(object))
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		os.Exit(1)
	}
}
