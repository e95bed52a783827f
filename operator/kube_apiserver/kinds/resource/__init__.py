"""Kinds of the group ``resource.k8s.io``. No controller acts on taints, and nothing allocates devices."""

from kube_apiserver.kinds.resource import claims, classes, slices, taint_rules

STRATEGIES = (*taint_rules.STRATEGIES, *classes.STRATEGIES, *claims.STRATEGIES, *slices.STRATEGIES)
