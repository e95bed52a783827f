"""Kinds of the group ``certificates.k8s.io``. No controller signs."""

from kube_apiserver.kinds.certificates import pod_requests, signing_requests, trust_bundles

STRATEGIES = (*signing_requests.STRATEGIES, *trust_bundles.STRATEGIES, *pod_requests.STRATEGIES)
