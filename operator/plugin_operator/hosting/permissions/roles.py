"""Roles and bindings that allow what plugins need: the least ones, as Kubernetes objects.

Owns which rule goes into a ClusterRole and which into the Role of a namespace. Leaves printing to its callers.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from plugin_operator.hosting.permissions.needs import ExplainedRule, Need, explained
from plugin_operator.hosting.permissions.rules import contains, least, parts_of

_API_GROUP = "rbac.authorization.k8s.io"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")
_LABELS = {"app.kubernetes.io/component": "plugin"}


class RoleNames(msgspec.Struct, frozen=True):
    """The name of roles, and the ServiceAccount to which they are bound.

    Attributes:
        role: name of each Role and ClusterRole, and of its binding.
        account: name of the ServiceAccount.
        account_namespace: its namespace.
    """

    role: str
    account: str
    account_namespace: str

    @classmethod
    def for_plugins(cls, plugins: Iterable[str], account: str, account_namespace: str, name: str = "") -> "RoleNames":
        """Return the default names: ``NAMESPACE:ACCOUNT-plugin-PLUGIN``, or ``NAMESPACE:ACCOUNT-plugins`` for several.

        The namespace is that of the account: operators of several namespaces may watch the same one.

        Args:
            plugins: names of the plugins.
            account: name of the ServiceAccount.
            account_namespace: its namespace.
            name: name of all roles, in place of the default names.
        """
        names = sorted(set(plugins))
        of = f"plugin-{_in_names(names[0])}" if len(names) == 1 else "plugins"
        return cls(name or f"{account_namespace}:{account}-{of}", account, account_namespace)


def _in_names(plugin: str) -> str:
    """Return a plugin's name as part of a role's name: with a digest if two plugins could have the same one."""
    plain = _NOT_IN_NAMES.sub("-", plugin)
    return plain if plain == plugin else f"{plain}-{hashlib.sha256(plugin.encode()).hexdigest()[:8]}"


class RoleRules(msgspec.Struct, frozen=True):
    """The rules of one role.

    Attributes:
        namespace: namespace of the Role; empty for a ClusterRole.
        rules: its rules, with what needs each.
    """

    namespace: str
    rules: tuple[ExplainedRule, ...]

    def role(self, names: RoleNames) -> dict[str, Any]:
        """Return the Role or ClusterRole."""
        return {
            "apiVersion": f"{_API_GROUP}/v1",
            "kind": "Role" if self.namespace else "ClusterRole",
            "metadata": self._metadata(names),
            "rules": [each.rule.as_rule() for each in self.rules],
        }

    def binding(self, names: RoleNames) -> dict[str, Any]:
        """Return the binding of the role to the ServiceAccount."""
        metadata = self._metadata(names)
        kind = "Role" if self.namespace else "ClusterRole"
        return {
            "apiVersion": f"{_API_GROUP}/v1",
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": {"apiGroup": _API_GROUP, "kind": kind, "name": metadata["name"]},
            "subjects": [{"kind": "ServiceAccount", "name": names.account, "namespace": names.account_namespace}],
        }

    def _metadata(self, names: RoleNames) -> dict[str, Any]:
        if self.namespace:
            return {"name": names.role, "namespace": self.namespace, "labels": dict(_LABELS)}
        return {"name": names.role, "labels": dict(_LABELS)}


def roles_for(needs: Iterable[Need], namespaces: tuple[str, ...] = ()) -> tuple[RoleRules, ...]:
    """Return the least roles for needs, the ClusterRole first.

    A ClusterRole has the rules of resources without namespaces, of requests about all namespaces, and of needs without
    namespaces of their own, unless ``namespaces`` are given. What it allows is in no Role.

    Args:
        needs: the needs.
        namespaces: namespaces that the operator watches; empty for all.
    """
    by_namespace: defaultdict[str, list[Need]] = defaultdict(list)
    for need in needs:
        for namespace in _namespaces_of(need, namespaces):
            by_namespace[namespace].append(need)
    wide = least(need.rule for need in by_namespace[""])
    roles = [RoleRules("", explained(by_namespace.pop("")))]
    for namespace, found in sorted(by_namespace.items()):
        kept = [
            replace(need, rule=part)
            for need in found
            for part in parts_of(need.rule)
            if not any(contains(rule, part) for rule in wide)
        ]
        roles.append(RoleRules(namespace, explained(kept)))
    return tuple(each for each in roles if each.rules)


def _namespaces_of(need: Need, namespaces: tuple[str, ...]) -> tuple[str, ...]:
    if need.namespaces is None:
        return ("",) if need.is_of_all else namespaces or ("",)
    return need.namespaces or ("",)
