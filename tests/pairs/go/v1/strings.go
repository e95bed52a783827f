package v1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Lengths has texts of a least and a greatest length.
type Lengths struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec LengthsSpec `json:"spec"`
}

type LengthsSpec struct {
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=6
	Name string `json:"name"`
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=3
	// +optional
	Words []string `json:"words,omitempty"`
}

// Pattern has texts of a form.
type Pattern struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec PatternSpec `json:"spec"`
}

type PatternSpec struct {
	// +kubebuilder:validation:Pattern=`^[a-z]+$`
	Lower string `json:"lower"`
	// +kubebuilder:validation:Pattern=`\p{Greek}`
	Greek string `json:"greek"`
	// +kubebuilder:validation:Pattern=`^(\d{1,3}\.){3}\d{1,3}$`
	// +optional
	Address string `json:"address,omitempty"`
}

// +kubebuilder:validation:Enum=Red;Green;Blue
type Colour string

// Enum has values of a list.
type Enum struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec EnumSpec `json:"spec"`
}

type EnumSpec struct {
	Colour Colour `json:"colour"`
	// +kubebuilder:validation:Enum=1;2;4
	Power int64 `json:"power"`
	// +optional
	Palette []Colour `json:"palette,omitempty"`
}

// Format has texts of named formats.
type Format struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec FormatSpec `json:"spec"`
}

type FormatSpec struct {
	// +kubebuilder:validation:Format=date
	// +optional
	Day string `json:"day,omitempty"`
	// +kubebuilder:validation:Format=uuid
	// +optional
	ID string `json:"id,omitempty"`
	// +kubebuilder:validation:Format=ipv4
	// +optional
	Address string `json:"address,omitempty"`
	// +kubebuilder:validation:Format=cidr
	// +optional
	Network string `json:"network,omitempty"`
	// +kubebuilder:validation:Format=email
	// +optional
	Mail string `json:"mail,omitempty"`
	// +kubebuilder:validation:Format=hostname
	// +optional
	Host string `json:"host,omitempty"`
	// +kubebuilder:validation:Format=uri
	// +optional
	Link string `json:"link,omitempty"`
	// +kubebuilder:validation:Format=duration
	// +optional
	Wait string `json:"wait,omitempty"`
}
