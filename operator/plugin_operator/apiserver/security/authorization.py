"""Whether a user may do something.

The admin's group may do everything. Others may see health, version and discovery, as in a real cluster's default roles;
what else they may do is decided by an `Authorizer`, where RBAC comes in.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from plugin_operator.apiserver.security.user import User
from plugin_operator.apiserver.wire.failure import ApiFailure, forbidden

_ALWAYS_OPEN = frozenset({"/healthz", "/readyz", "/livez", "/version"})
_OPEN_TO_AUTHENTICATED = ("/api", "/apis", "/openapi", "/version")
_MASTERS = "system:masters"


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is asked for.

    Attributes:
        path: set for a request that is about no resource; the other fields are then empty but for the verb.
    """

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


class Authorizer(Protocol):
    """Grants or refuses."""

    def allows(self, user: User, attributes: Attributes) -> bool:
        """Tell whether the user may; synchronous and without side effects."""

    def rules(self, user: User, namespace: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the resource rules and the path rules a user has in a namespace, as reviews list them."""


class MastersOnly:
    """Grants everything to the admin's group and the public paths to everybody else."""

    def allows(self, user: User, attributes: Attributes) -> bool:
        """Tell whether the user may."""
        return _MASTERS in user.groups or is_public(user, attributes)

    def rules(self, user: User, namespace: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return what `allows` grants, as rules; they are the same in every namespace."""
        del namespace
        if _MASTERS not in user.groups:
            return [], []
        everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
        return [everything], [{"verbs": ["*"], "nonResourceURLs": ["*"]}]


def is_public(user: User, attributes: Attributes) -> bool:
    """Tell whether a path is open to this user without any role."""
    path = attributes.path.rstrip("/")
    if attributes.verb != "get" or not path:
        return False
    if path in _ALWAYS_OPEN or path.startswith(("/healthz/", "/readyz/", "/livez/")):
        return True
    if "system:authenticated" not in user.groups:
        return False
    return any(path == prefix or path.startswith(prefix + "/") for prefix in _OPEN_TO_AUTHENTICATED)


def refusal(user: User, attributes: Attributes) -> ApiFailure:
    """Return the 403 that tells a user what is not granted."""
    if attributes.path:
        message = f'forbidden: User "{user.name}" cannot {attributes.verb} path "{attributes.path}"'
        return ApiFailure(403, "Forbidden", message, {})
    resource = attributes.resource + (f"/{attributes.subresource}" if attributes.subresource else "")
    where = f'in the namespace "{attributes.namespace}"' if attributes.namespace else "at the cluster scope"
    why = f'User "{user.name}" cannot {attributes.verb} resource "{resource}" in API group "{attributes.group}" {where}'
    return forbidden(attributes.resource, attributes.group, attributes.name, why)
