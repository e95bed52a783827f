package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Bounds has numbers between two bounds.
type Bounds struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec BoundsSpec `json:"spec"`
}

type BoundsSpec struct {
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	Small int32 `json:"small"`
	// +kubebuilder:validation:Minimum=-5000000000
	// +kubebuilder:validation:Maximum=5000000000
	Large int64 `json:"large"`
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1
	Share float64 `json:"share"`
}

// Exclusive has bounds that are not values themselves.
type Exclusive struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec ExclusiveSpec `json:"spec"`
}

type ExclusiveSpec struct {
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:ExclusiveMinimum=true
	// +kubebuilder:validation:Maximum=8
	// +kubebuilder:validation:ExclusiveMaximum=true
	Whole int64 `json:"whole"`
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:ExclusiveMinimum=true
	// +kubebuilder:validation:Maximum=1
	Share float64 `json:"share"`
}

// Multiple has multiples of a number.
type Multiple struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec MultipleSpec `json:"spec"`
}

type MultipleSpec struct {
	// +kubebuilder:validation:MultipleOf=5
	Fives int64 `json:"fives"`
	// +kubebuilder:validation:MultipleOf=0.25
	Quarters float64 `json:"quarters"`
}
