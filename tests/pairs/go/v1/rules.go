package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Ruled has rules between its fields.
type Ruled struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec RuledSpec `json:"spec"`
}

// +kubebuilder:validation:XValidation:rule="self.least <= self.most",message="least must not exceed most",reason=FieldValueForbidden,fieldPath=".least"
// +kubebuilder:validation:XValidation:rule="self.most < 100",messageExpression="self.name + ' has too much'"
// +kubebuilder:validation:XValidation:rule="self.name != 'root'"
type RuledSpec struct {
	Least int64 `json:"least"`
	Most  int64 `json:"most"`
	// +kubebuilder:validation:XValidation:rule="self.startsWith('r')",message="must start with r"
	// +kubebuilder:validation:MaxLength=20
	Name string `json:"name"`
}

// Transition has rules about changes.
type Transition struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec TransitionSpec `json:"spec"`
}

type TransitionSpec struct {
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="fixed must not change"
	Fixed string `json:"fixed"`
	// +kubebuilder:validation:XValidation:rule="oldSelf.hasValue() ? self >= oldSelf.value() : self >= 0",message="growing must not shrink",optionalOldSelf=true
	Growing int64 `json:"growing"`
}

// Union has fields of which one is set.
type Union struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec UnionSpec `json:"spec"`
}

// +kubebuilder:validation:ExactlyOneOf=file;address
// +kubebuilder:validation:AtMostOneOf=user;token
type UnionSpec struct {
	// +optional
	File *string `json:"file,omitempty"`
	// +optional
	Address *string `json:"address,omitempty"`
	// +optional
	User *string `json:"user,omitempty"`
	// +optional
	Token *string `json:"token,omitempty"`
}
