package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"strings"
)

type kindRef struct{ Group, Version, Kind string }

type subresource struct {
	Subresource  string
	ResponseKind kindRef
	Verbs        []string
}

type resource struct {
	Resource         string
	ResponseKind     kindRef
	Scope            string
	SingularResource string
	ShortNames       []string
	Categories       []string
	Verbs            []string
	Subresources     []subresource
}

// readResources returns rows of [group, version, kind, plural, singular, namespaced, short names, categories, verbs,
// [[subresource, group, version, kind, verbs]...]] in the order of discovery.
func readResources(root string) any {
	rows := []any{}
	for _, file := range []string{"api", "apis"} {
		for _, group := range readDiscovery(root, file) {
			for _, version := range group.Versions {
				if strings.ContainsAny(version.Version, "ab") {
					continue
				}
				for _, r := range version.Resources {
					rows = append(rows, resourceRow(group.Metadata.Name, version.Version, r))
				}
			}
		}
	}
	return rows
}

type groupEntry struct {
	Metadata struct{ Name string }
	Versions []struct {
		Version   string
		Resources []resource
	}
}

// readDiscovery prefers the aggregated documents; the core group has one only as a plain resource list.
func readDiscovery(root, file string) []groupEntry {
	if file == "api" {
		return []groupEntry{readCore(root)}
	}
	var list struct{ Items []groupEntry }
	readJSON(filepath.Join(root, "api", "discovery", "aggregated_v2.json"), &list)
	return list.Items
}

func readCore(root string) groupEntry {
	var list struct {
		Resources []struct {
			Name, SingularName, Kind, Group, Version string
			Namespaced                               bool
			ShortNames, Categories, Verbs            []string
		}
	}
	readJSON(filepath.Join(root, "api", "discovery", "api__v1.json"), &list)
	resources := []resource{}
	for _, r := range list.Resources {
		version := r.Version
		if version == "" {
			version = "v1"
		}
		kind := kindRef{r.Group, version, r.Kind}
		if parent, sub, found := strings.Cut(r.Name, "/"); found {
			last := &resources[len(resources)-1]
			if last.Resource != parent {
				resources = append(resources, resource{Resource: parent, ResponseKind: kindRef{}, Scope: scope(r.Namespaced)})
				last = &resources[len(resources)-1]
			}
			last.Subresources = append(last.Subresources, subresource{sub, kind, r.Verbs})
			continue
		}
		resources = append(resources, resource{r.Name, kind, scope(r.Namespaced), r.SingularName, r.ShortNames, r.Categories, r.Verbs, nil})
	}
	var entry groupEntry
	entry.Versions = append(entry.Versions, struct {
		Version   string
		Resources []resource
	}{"v1", resources})
	return entry
}

func scope(namespaced bool) string {
	if namespaced {
		return "Namespaced"
	}
	return "Cluster"
}

func resourceRow(group, version string, r resource) any {
	subs := []any{}
	for _, s := range r.Subresources {
		subs = append(subs, []any{s.Subresource, orSelf(s.ResponseKind.Group, group, s.ResponseKind.Version), orElse(s.ResponseKind.Version, version), s.ResponseKind.Kind, s.Verbs})
	}
	return []any{group, version, r.ResponseKind.Kind, r.Resource, r.SingularResource, r.Scope == "Namespaced",
		emptyList(r.ShortNames), emptyList(r.Categories), emptyList(r.Verbs), subs}
}

// orSelf returns the group of a response kind; an empty group means the resource's own unless a version is given too.
func orSelf(group, own, version string) string {
	if group == "" && version == "" {
		return own
	}
	return group
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

func emptyList(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func readJSON(path string, into any) {
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		log.Fatalf("%s: %v", path, err)
	}
}
