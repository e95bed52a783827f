"""RBAC rules that a plugin declares, so that its deployer can grant them."""

from collections.abc import Sequence

import msgspec


class Permission(msgspec.Struct, frozen=True):
    """One rule of ``rbac.authorization.k8s.io``, the result of ``permission()``.

    Attributes:
        api_groups: API groups; the core group is the empty string.
        resources: plural names, with a subresource as ``pods/status``.
        verbs: verbs as in a Role.
        resource_names: names of the objects; empty for all.
    """

    api_groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    resource_names: tuple[str, ...] = ()

    def as_rule(self) -> dict[str, list[str]]:
        """Return the ``PolicyRule`` for a Role. Raises nothing."""
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
    """Declare that the plugin needs ``verbs`` on ``resources``; each argument is one text or a sequence of texts.

    The operator grants nothing itself. ``plugin-operator rbac`` prints these rules, those of the declared kinds, and
    those of calls in the source. The status of a plugin names the rules that the cluster does not grant. Declare what
    the source does not show, such as calls with computed kinds. Values are checked when the plugin is loaded; the call
    itself raises nothing.

    Args:
        resources: plural names in lower case: ``"deployments"``, ``"pods/status"``.
        verbs: ``"get"``, ``"list"``, ``"watch"``, ``"create"``, ``"update"``, ``"patch"``, ``"delete"`` and the other
            verbs of RBAC.
        api_groups: API groups; the core group is the empty string.
        resource_names: names of the objects; empty means all.

    Returns:
        A value for ``permissions=`` of ``controller``.
    """
    return Permission(_words(api_groups), _words(resources), _words(verbs), _words(resource_names))


def _words(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
