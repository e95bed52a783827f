// Package v2 has the second version of the kind that has several.
//
// +groupName=go.pairs.example.com
package v2
