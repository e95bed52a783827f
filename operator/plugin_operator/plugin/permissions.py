"""The RBAC rules a plugin asks for, so that whoever deploys it can grant them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """One rule of ``rbac.authorization.k8s.io``; the core API group is the empty string."""

    api_groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    resource_names: tuple[str, ...] = ()

    def as_rule(self) -> dict[str, list[str]]:
        """Return the ``PolicyRule`` as it stands in a Role."""
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
    """Say that the plugin needs ``verbs`` on ``resources``; each argument is one word or a sequence of words."""
    return Permission(_words(api_groups), _words(resources), _words(verbs), _words(resource_names))


def _words(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
