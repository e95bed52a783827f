"""Kinds of the group ``flowcontrol.apiserver.k8s.io``. This server stores them only: it has no queues of requests."""

from kube_apiserver.kinds.flowcontrol import flow_schemas, priority_levels

STRATEGIES = (*flow_schemas.STRATEGIES, *priority_levels.STRATEGIES)
