"""Prevention of privilege escalation: users may grant only permissions that they have."""

from collections.abc import Mapping
from typing import Any

from kube_apiserver.requests.request import Request
from kube_apiserver.security.authorization import Attributes
from kube_apiserver.security.rbac_rules import Rule, compacted, uncovered
from kube_apiserver.wire.status_error import forbidden, not_found

_GROUP = "rbac.authorization.k8s.io"
_EVERYTHING = (Rule(("*",), ("*",), ("*",)), Rule(("*",), paths=("*",)))


def check_grants(request: Request, obj: Mapping[str, Any]) -> None:
    """Check that the user has all permissions that a role or binding grants.

    Raises:
        StatusError: 403, the user lacks a permission; 404, the role of a binding does not exist.
    """
    resource, user = request.resource, request.user
    if resource.group != _GROUP or "system:masters" in user.groups:
        return
    authorizer, name, namespace = request.cluster.authorizer, obj["metadata"].get("name", ""), request.target.namespace
    binds = resource.plural.endswith("bindings")
    reference = obj.get("roleRef") or {}
    about = ("clusterroles" if reference.get("kind") == "ClusterRole" else "roles") if binds else resource.plural
    verb, of = ("bind", reference.get("name", "")) if binds else ("escalate", name)
    if authorizer.allows(user, Attributes(verb, _GROUP, about, namespace=namespace, name=of)):
        return
    if binds and not authorizer.has_role(reference, namespace):
        raise not_found(resource.plural, resource.group, reference.get("name", ""))
    wanted = authorizer.rules_of(reference, namespace) if binds else map(Rule.of, obj.get("rules") or ())
    held = list(authorizer.held(user, namespace))
    if obj.get("aggregationRule") and uncovered(held, _EVERYTHING):
        raise forbidden(
            resource.plural, resource.group, name, "must have cluster-admin privileges to use the aggregationRule"
        )
    missing = uncovered(held, wanted)
    if missing:
        groups = " ".join(f'"{group}"' for group in user.groups)
        lines = "\n".join(sorted({str(rule) for rule in compacted(missing)}))
        who = f'user "{user.name}" (groups=[{groups}])'
        why = f"{who} is attempting to grant RBAC permissions not currently held:\n{lines}"
        raise forbidden(resource.plural, resource.group, name, why)
