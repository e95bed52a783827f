"""Roles of plugins: one for each plugin and each namespace in which it needs something.

Owns names and the roles of the operator itself in watched namespaces. Leaves rules to ``hosting.permissions``.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from plugin_operator.hosting.permissions.needs import ExplainedRule, Need, Origin
from plugin_operator.hosting.permissions.roles import RoleNames, RoleRules, roles_for
from plugin_operator.plugin import Permission

ACCOUNT = "plugin-operator"
_EVENTS = Permission(("",), ("events",), ("create", "patch"))


class PlacedRole(msgspec.Struct, frozen=True):
    """A role with its binding.

    Attributes:
        namespace: namespace of both; empty for a ClusterRole.
        plugin: name of the plugin.
        objects: the role and the binding.
        reasons: what needs it, for messages.
    """

    namespace: str
    plugin: str
    objects: tuple[dict[str, Any], dict[str, Any]]
    reasons: tuple[str, ...]


def placed_roles(needs: Iterable[Need], namespace: str, watched: Sequence[str] = ()) -> list[PlacedRole]:
    """Return the least roles for ``needs``, without what the base allows the operator itself.

    Args:
        needs: what plugins need.
        namespace: namespace of the operator, which has its service account.
        watched: namespaces that the operator watches; empty for all of them.
    """
    by_plugin: defaultdict[str, list[Need]] = defaultdict(list)
    for need in needs:
        if need.origin is not Origin.OPERATOR:
            by_plugin[need.plugin].append(need)
    return [
        _placed(plugin, rules, namespace)
        for plugin, found in sorted(by_plugin.items())
        for rules in roles_for(found, tuple(watched))
    ]


def event_roles(namespace: str, watched: Iterable[str]) -> list[dict[str, Any]]:
    """Return the role and binding with which the operator records Events, for each watched namespace but its own."""
    names = RoleNames(f"{namespace}:{ACCOUNT}", ACCOUNT, namespace)
    others = [RoleRules(each, (ExplainedRule(_EVENTS, ()),)) for each in dict.fromkeys(watched) if each != namespace]
    made = [obj for each in others for obj in (each.role(names), each.binding(names))]
    for each in made:
        each["metadata"]["labels"]["app.kubernetes.io/component"] = "rbac"
    return made


def _placed(plugin: str, rules: RoleRules, namespace: str) -> PlacedRole:
    names = RoleNames.for_plugins([plugin], ACCOUNT, namespace)
    reasons = dict.fromkeys(str(need) for each in rules.rules for need in each.needs)
    return PlacedRole(rules.namespace, plugin, (rules.role(names), rules.binding(names)), tuple(reasons))
