package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Defaults has a default of each sort of scalar.
type Defaults struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec DefaultsSpec `json:"spec"`
}

type DefaultsSpec struct {
	// +kubebuilder:default=3
	// +optional
	Count int64 `json:"count,omitempty"`
	// +kubebuilder:default=0
	// +optional
	Zero int64 `json:"zero"`
	// +kubebuilder:default="http"
	// +optional
	Scheme string `json:"scheme,omitempty"`
	// +kubebuilder:default=""
	// +optional
	Empty string `json:"empty"`
	// +kubebuilder:default=true
	// +optional
	Enabled bool `json:"enabled"`
	// +kubebuilder:default=0.5
	// +optional
	Share float64 `json:"share,omitempty"`
	// +kubebuilder:validation:Enum=A;B
	// +kubebuilder:default=A
	// +optional
	Letter string `json:"letter,omitempty"`
}

// NestedDefaults has defaults of lists, maps and structs, and defaults below them.
type NestedDefaults struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec NestedDefaultsSpec `json:"spec"`
}

type NestedDefaultsSpec struct {
	// +kubebuilder:default={}
	// +optional
	Probe Probe `json:"probe"`
	// +kubebuilder:default={80,443}
	// +optional
	Ports []int64 `json:"ports"`
	// +kubebuilder:default={"tier":"web"}
	// +optional
	Labels map[string]string `json:"labels"`
	// +optional
	Probes []Probe `json:"probes"`
}

type Probe struct {
	// +kubebuilder:default="/healthz"
	// +optional
	Path string `json:"path,omitempty"`
	// +kubebuilder:default=8080
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +optional
	Port int64 `json:"port,omitempty"`
}

// Presence has required and optional fields, also in nested structs.
type Presence struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec PresenceSpec `json:"spec"`
}

type PresenceSpec struct {
	Name string `json:"name"`
	// +optional
	Note *string `json:"note,omitempty"`
	Home Place   `json:"home"`
	// +optional
	Work *Place `json:"work,omitempty"`
	// +optional
	Visited []Place `json:"visited,omitempty"`
	// +optional
	Known map[string]Place `json:"known,omitempty"`
}

type Place struct {
	City string `json:"city"`
	// +optional
	Street string `json:"street,omitempty"`
}

// Nullable has fields whose value may be null.
type Nullable struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec NullableSpec `json:"spec"`
}

type NullableSpec struct {
	// +nullable
	// +optional
	Text *string `json:"text,omitempty"`
	// +nullable
	Needed *int64 `json:"needed"`
	// +nullable
	// +optional
	Place *Place `json:"place,omitempty"`
	// +optional
	Never *int64 `json:"never,omitempty"`
}
