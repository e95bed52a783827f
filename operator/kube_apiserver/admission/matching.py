"""What policies and their bindings match: selectors and rules, by ``policy/matching`` of kube-apiserver."""

from collections.abc import Iterable, Mapping
from typing import Any

from kube_apiserver.admission.attributes import Attributes
from kube_apiserver.cluster import Cluster
from kube_apiserver.registry import ServedResource
from kube_apiserver.selectors import LabelRequirement, LabelSelector
from kube_apiserver.strategies import Object

_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
_NEVER_ASKED = frozenset({"admissionregistration.k8s.io", "authentication.k8s.io", "authorization.k8s.io"})


def is_exempt(resource: ServedResource) -> bool:
    """Report whether no policy is asked: of policies and webhooks themselves, and of reviews."""
    return resource.group in _NEVER_ASKED


def matched(cluster: Cluster, attributes: Attributes, constraints: Mapping[str, Any]) -> ServedResource | None:
    """Return the resource that constraints match, in another version perhaps; None if they do not match the write."""
    if not _matches_namespace(cluster, attributes, _selector(constraints.get("namespaceSelector"))):
        return None
    if not _matches_object(attributes, _selector(constraints.get("objectSelector"))):
        return None
    is_exact = constraints.get("matchPolicy") == "Exact"
    if _by_rules(cluster, attributes, constraints.get("excludeResourceRules") or (), is_exact=is_exact) is not None:
        return None
    rules = constraints.get("resourceRules")
    return _by_rules(cluster, attributes, rules, is_exact=is_exact) if rules else attributes.resource


def _matches_namespace(cluster: Cluster, attributes: Attributes, selector: LabelSelector) -> bool:
    if not selector.requirements or (not attributes.namespace and not attributes.is_namespace):
        return True
    if attributes.is_namespace and attributes.obj is not None and not attributes.subresource:
        return selector.matches(_labels(attributes.obj))
    item = cluster.store.get("namespaces", attributes.namespace)
    return item is not None and selector.matches(_labels(item.decode()))


def _matches_object(attributes: Attributes, selector: LabelSelector) -> bool:
    if not selector.requirements:
        return True
    return any(each is not None and selector.matches(_labels(each)) for each in (attributes.obj, attributes.old))


def _labels(obj: Object) -> Mapping[str, str]:
    return obj["metadata"].get("labels") or {}


def _selector(selector: Mapping[str, Any] | None) -> LabelSelector:
    entries = (selector or {}).get("matchExpressions") or ()
    equal = ((selector or {}).get("matchLabels") or {}).items()
    return LabelSelector(
        (
            *(LabelRequirement(key, "=", (value,)) for key, value in equal),
            *(LabelRequirement(e["key"], _OPERATORS[e["operator"]], tuple(e.get("values") or ())) for e in entries),
        )
    )


def selects(selector: Mapping[str, Any], obj: Object) -> bool:
    """Report whether a label selector selects an object."""
    return _selector(selector).matches(_labels(obj))


def _by_rules(
    cluster: Cluster, attributes: Attributes, rules: Iterable[Mapping[str, Any]], *, is_exact: bool
) -> ServedResource | None:
    """Return the resource that a rule names: the one of the request, else an equivalent one."""
    own = attributes.resource
    if any(_matches(attributes, own, rule) for rule in rules):
        return own
    if is_exact:
        return None
    others = [each for each in cluster.registry.all() if each.bucket == own.bucket and each is not own]
    return next((other for rule in rules for other in others if _matches(attributes, other, rule)), None)


def _matches(attributes: Attributes, resource: ServedResource, rule: Mapping[str, Any]) -> bool:
    names = rule.get("resourceNames")
    return (
        _matches_scope(attributes, rule.get("scope"))
        and _is_among(attributes.operation, rule.get("operations"))
        and _is_among(resource.group, rule.get("apiGroups"))
        and _is_among(resource.version, rule.get("apiVersions"))
        and _matches_resource(resource.plural, attributes.subresource, rule.get("resources") or ())
        and (not names or attributes.name in names)
    )


def _matches_scope(attributes: Attributes, scope: str | None) -> bool:
    is_cluster_scoped = attributes.is_namespace or not attributes.namespace
    return scope in (None, "*") or (scope == "Cluster") == is_cluster_scoped


def _is_among(value: str, names: Iterable[str] | None) -> bool:
    return any(each in ("*", value) for each in names or ())


def _matches_resource(plural: str, subresource: str, resources: Iterable[str]) -> bool:
    parts = (each.partition("/") for each in resources)
    return any(name in ("*", plural) and part in ("*", subresource) for name, _, part in parts)
