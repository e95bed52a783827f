"""What kube-controller-manager would do to keep a cluster's state whole: collect garbage, empty namespaces, serve CRDs.

They see every write through the store's observer and act on the same event loop, soon but never inside the write that
they react to. They run nothing: no pods, no deployments.
"""
