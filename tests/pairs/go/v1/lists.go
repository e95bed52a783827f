package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Sizes has lists and maps of a least and a greatest size.
type Sizes struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec SizesSpec `json:"spec"`
}

type SizesSpec struct {
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	Numbers []int64 `json:"numbers"`
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=2
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
}

// SetList has a list without doubles.
type SetList struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec SetListSpec `json:"spec"`
}

type SetListSpec struct {
	// +listType=set
	// +optional
	Names []string `json:"names,omitempty"`
	// +listType=set
	// +optional
	Numbers []int64 `json:"numbers,omitempty"`
}

// MapList has a list whose items have keys.
type MapList struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec MapListSpec `json:"spec"`
}

type MapListSpec struct {
	// +listType=map
	// +listMapKey=name
	// +optional
	Parts []Part `json:"parts,omitempty"`
	// +listType=map
	// +listMapKey=port
	// +listMapKey=protocol
	// +optional
	Ports []Port `json:"ports,omitempty"`
}

type Part struct {
	Name string `json:"name"`
	// +optional
	Count int64 `json:"count,omitempty"`
}

type Port struct {
	Port int64 `json:"port"`
	// +kubebuilder:default="TCP"
	// +optional
	Protocol string `json:"protocol,omitempty"`
}

// Atomic has lists, maps and structs that have one owner each.
type Atomic struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec AtomicSpec `json:"spec"`
}

type AtomicSpec struct {
	// +listType=atomic
	// +optional
	Words []string `json:"words,omitempty"`
	// +mapType=atomic
	// +optional
	Selector map[string]string `json:"selector,omitempty"`
	// +mapType=granular
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// +structType=atomic
	// +optional
	Reference *Reference `json:"reference,omitempty"`
}

type Reference struct {
	Name string `json:"name"`
	// +optional
	Kind string `json:"kind,omitempty"`
}
