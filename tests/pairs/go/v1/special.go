package v1

import (
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Whole has values that are a number or a text.
type Whole struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec WholeSpec `json:"spec"`
}

type WholeSpec struct {
	Port intstr.IntOrString `json:"port"`
	// +optional
	Limits []intstr.IntOrString `json:"limits,omitempty"`
}

// Amount has quantities.
type Amount struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec AmountSpec `json:"spec"`
}

type AmountSpec struct {
	Memory resource.Quantity `json:"memory"`
	// +optional
	Limits map[string]resource.Quantity `json:"limits,omitempty"`
}

// Embedded has whole objects as values.
type Embedded struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec EmbeddedSpec `json:"spec"`
}

type EmbeddedSpec struct {
	// +kubebuilder:validation:EmbeddedResource
	// +kubebuilder:pruning:PreserveUnknownFields
	Template runtime.RawExtension `json:"template"`
}

// Preserving keeps fields that it does not name.
type Preserving struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec PreservingSpec `json:"spec"`
}

type PreservingSpec struct {
	// +optional
	Options runtime.RawExtension `json:"options,omitempty"`
	// +optional
	Anything *apiextensionsv1.JSON `json:"anything,omitempty"`
	// +kubebuilder:pruning:PreserveUnknownFields
	// +optional
	Part *Part `json:"part,omitempty"`
}

// Times has points of time and durations.
type Times struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec TimesSpec `json:"spec"`
}

type TimesSpec struct {
	Start metav1.Time `json:"start"`
	// +optional
	End *metav1.MicroTime `json:"end,omitempty"`
	// +optional
	Every *metav1.Duration `json:"every,omitempty"`
}

// Bytes has bytes, which are base64 on the wire.
type Bytes struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec BytesSpec `json:"spec"`
}

type BytesSpec struct {
	Key []byte `json:"key"`
	// +optional
	Files map[string][]byte `json:"files,omitempty"`
}
