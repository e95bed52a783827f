package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Columned has printer columns and other names.
//
// +kubebuilder:resource:shortName=clm;clmd,categories=all;pairs
// +kubebuilder:printcolumn:name="Size",type=integer,JSONPath=`.spec.size`,format=int64,description="How large"
// +kubebuilder:printcolumn:name="Owner",type=string,JSONPath=`.spec.owner`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Columned struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec ColumnedSpec `json:"spec"`
}

type ColumnedSpec struct {
	Size int64 `json:"size"`
	// +optional
	Owner string `json:"owner,omitempty"`
}

// Scaled has the subresources status and scale.
//
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.replicas,selectorpath=.status.selector
type Scaled struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec ScaledSpec `json:"spec"`
	// +optional
	Status ScaledStatus `json:"status,omitempty"`
}

type ScaledSpec struct {
	// +kubebuilder:default=1
	// +optional
	Replicas int32 `json:"replicas,omitempty"`
}

type ScaledStatus struct {
	// +optional
	Replicas int32 `json:"replicas,omitempty"`
	// +optional
	Selector string `json:"selector,omitempty"`
}

// Selected has fields that a field selector may name.
//
// +kubebuilder:selectablefield:JSONPath=`.spec.colour`
// +kubebuilder:selectablefield:JSONPath=`.spec.size`
type Selected struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec SelectedSpec `json:"spec"`
}

type SelectedSpec struct {
	Colour string `json:"colour"`
	// +optional
	Size int64 `json:"size,omitempty"`
}

// Global belongs to no namespace.
//
// +kubebuilder:resource:scope=Cluster,path=globes,singular=globe
type Global struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec GlobalSpec `json:"spec"`
}

type GlobalSpec struct {
	// +optional
	Name string `json:"name,omitempty"`
}

// Versioned has two versions, of which this one is old.
//
// +kubebuilder:deprecatedversion:warning="v1 is old"
type Versioned struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec VersionedSpec `json:"spec"`
}

type VersionedSpec struct {
	// +kubebuilder:validation:Minimum=1
	Size int64 `json:"size"`
}
