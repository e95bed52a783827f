"""The controllers of the server: garbage collection, namespaces, CustomResourceDefinitions and aggregated roles.

The store notifies them of every write. They run on the same event loop, after the write that they react to. There is
no controller for pods or workloads.
"""
