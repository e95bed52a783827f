"""Installing CustomResourceDefinitions: what may change in one, and the requests that change it.

Knows definitions as dicts. Leaves making them from classes to ``kube.definitions``.
"""
