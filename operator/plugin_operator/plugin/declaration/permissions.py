"""The RBAC rules a plugin asks for, so that whoever deploys it can grant them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """One rule of ``rbac.authorization.k8s.io``, as ``permission()`` makes it.

    Attributes:
        api_groups: the core API group is the empty string.
        resources: plurals, with a subresource as ``pods/status``.
        verbs: as in a Role.
        resource_names: only these objects; empty for all.
    """

    api_groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    resource_names: tuple[str, ...] = ()

    def as_rule(self) -> dict[str, list[str]]:
        """Return the ``PolicyRule`` as it stands in a Role. Raises nothing."""
        rule = {"apiGroups": list(self.api_groups), "resources": list(self.resources), "verbs": list(self.verbs)}
        if self.resource_names:
            rule["resourceNames"] = list(self.resource_names)
        return rule


def permission(
    resources: str | Sequence[str],
    verbs: str | Sequence[str],
    *,
    api_groups: str | Sequence[str] = "",
    resource_names: str | Sequence[str] = (),
) -> Permission:
    """Say that the plugin needs ``verbs`` on ``resources``; each argument is one word or a sequence of words.

    A record for the people who write the Role: the operator grants nothing, and works without it. Verbs and shapes are
    checked when the plugin is loaded; the call itself raises nothing.

    Args:
        resources: plurals, in lower case: ``"deployments"``, ``"pods/status"``.
        verbs: ``"get"``, ``"list"``, ``"watch"``, ``"create"``, ``"update"``, ``"patch"``, ``"delete"`` and the others
            of RBAC.
        api_groups: the core API group is the empty string.
        resource_names: only these objects; none means all.

    Returns:
        A value for ``permissions=`` of ``controller``.
    """
    return Permission(_words(api_groups), _words(resources), _words(verbs), _words(resource_names))


def _words(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
