"""Everything that a cluster needs to run a set of plugins, as Kubernetes objects or as a kustomization."""
