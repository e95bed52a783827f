package v2

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Versioned has two versions, of which this one is stored.
//
// +kubebuilder:storageversion
type Versioned struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec VersionedSpec `json:"spec"`
}

type VersionedSpec struct {
	// +kubebuilder:validation:Minimum=1
	Size int64 `json:"size"`
}
