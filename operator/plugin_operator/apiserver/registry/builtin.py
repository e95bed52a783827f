"""The built-in resources, from the schema tables into the registry's form."""

from plugin_operator.apiserver.registry.resource import ServedResource

_VERBS = frozenset({"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"})
_TABLE = """
v1 ConfigMap configmaps ns cm
v1 Secret secrets ns
v1 Namespace namespaces cluster ns status,finalize
v1 Event events ns ev
v1 Pod pods ns po status
v1 Service services ns svc status
v1 ServiceAccount serviceaccounts ns sa
apps/v1 Deployment deployments ns deploy status,scale
apps/v1 ReplicaSet replicasets ns rs status,scale
apps/v1 StatefulSet statefulsets ns sts status,scale
batch/v1 Job jobs ns - status
coordination.k8s.io/v1 Lease leases ns
events.k8s.io/v1 Event events ns ev
apiextensions.k8s.io/v1 CustomResourceDefinition customresourcedefinitions cluster crd,crds status
"""


def builtin_resources() -> list[ServedResource]:
    """Return what is served before any CustomResourceDefinition exists."""
    return [_resource(*line.split()) for line in _TABLE.strip().splitlines()]


def _resource(
    api_version: str, kind: str, plural: str, scope: str, short: str = "-", subresources: str = ""
) -> ServedResource:
    group, _, version = api_version.rpartition("/")
    is_event = plural == "events"
    return ServedResource(
        group=group,
        version=version,
        kind=kind,
        plural=plural,
        singular=kind.lower(),
        namespaced=scope == "ns",
        bucket="events" if is_event else f"{plural}.{group}" if group else plural,
        storage_version="v1" if is_event else api_version,
        verbs=_VERBS,
        short_names=() if short == "-" else tuple(short.split(",")),
        subresources=frozenset(filter(None, subresources.split(","))),
    )
