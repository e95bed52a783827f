"""The parameters of a binding: objects of the policy's ``paramKind``."""

from collections.abc import Mapping
from typing import Any

from kube_apiserver.admission.matching import selects
from kube_apiserver.cluster import Cluster
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.registry import ServedResource
from kube_apiserver.storage import item_key
from kube_apiserver.strategies import Object

_NOT_FOUND = "no params found for policy binding with `Deny` parameterNotFoundAction"


class ConfigurationError(Exception):
    """A policy or binding cannot be evaluated. Its ``failurePolicy`` decides about the write."""


def parameters_of(
    cluster: Cluster, kind: Mapping[str, str] | None, reference: Mapping[str, Any] | None, namespace: str
) -> list[Object | None]:
    """Return the parameters to evaluate a policy with, one after the other; a None alone for a policy without.

    Args:
        cluster: where they are.
        kind: ``paramKind`` of the policy.
        reference: ``paramRef`` of the binding.
        namespace: namespace of the object that is written.

    Raises:
        ConfigurationError: there are none, and the binding denies then, or the reference is wrong.
    """
    resource = parameter_resource(cluster, kind)
    if resource is None or reference is None:
        return [None]
    found = _found(cluster, resource, reference, _namespace(resource, reference, namespace))
    if not found and reference.get("parameterNotFoundAction") == "Deny":
        raise ConfigurationError(_NOT_FOUND)
    return list(found)


def parameter_resource(cluster: Cluster, kind: Mapping[str, str] | None) -> ServedResource | None:
    """Return the resource of a ``paramKind``; None for None.

    Raises:
        ConfigurationError: it is not served.
    """
    if kind is None:
        return None
    resource = cluster.registry.for_kind(kind["apiVersion"], kind["kind"])
    if resource is None:
        raise ConfigurationError(f"failed to find resource referenced by paramKind: '{_shown(kind)}'")
    return resource


def _namespace(resource: ServedResource, reference: Mapping[str, Any], namespace: str) -> str:
    named: str = reference.get("namespace") or ""
    if not resource.namespaced:
        if named:
            raise ConfigurationError("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
        return ""
    if not named and not namespace:
        raise ConfigurationError(
            "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
        )
    return named or namespace


def _found(cluster: Cluster, resource: ServedResource, reference: Mapping[str, Any], namespace: str) -> list[Object]:
    bucket = cluster.store.bucket(resource.bucket)
    if name := reference.get("name"):
        item = bucket.items.get(item_key(namespace, name))
        return [] if item is None else [to_served(resource, item)]
    prefix = f"{namespace}/" if namespace else ""
    objects = (to_served(resource, item) for item in bucket.page(prefix, ""))
    return [obj for obj in objects if selects(reference.get("selector") or {}, obj)]


def _shown(kind: Mapping[str, str]) -> str:
    group, _, version = kind["apiVersion"].rpartition("/")
    return f"{group}/{version}, Kind={kind['kind']}"
