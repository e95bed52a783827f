// Package v1 has one kind for each construct of a CustomResourceDefinition.
//
// The Python classes beside it are to make the same definitions. The reasons for a field stand there.
//
// +groupName=go.pairs.example.com
package v1
