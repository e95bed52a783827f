"""Kinds of the group ``admissionregistration.k8s.io``, which this server stores only."""

from kube_apiserver.kinds.admissionregistration import bindings, policies, webhooks

STRATEGIES = (*webhooks.STRATEGIES, *policies.STRATEGIES, *bindings.STRATEGIES)
