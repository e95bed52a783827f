"""The controllers of the server: CustomResourceDefinitions, APIServices, and the most visible of a control plane.

These are garbage collection, namespaces and what is in each of them, and aggregated roles. The store notifies them of
every write. They run on the same event loop, after the write that they react to. There is no controller for pods or
workloads.
"""
