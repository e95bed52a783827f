"""``Need``: one thing that a plugin must be allowed to do, where, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

import msgspec

from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.rules import contains, covers, least, parts_of
from plugin_operator.kube import GroupVersionKind
from plugin_operator.plugin import Permission


class Origin(Enum):
    """How a need is known."""

    CACHE = "cache"  # a declared kind, which the operator lists and watches
    DECLARED = "declared"  # permissions= or cleanup=
    SOURCE = "source"  # a call in the code of the plugin
    RECORDED = "recorded"  # a call that the plugin made in a test
    OPERATOR = "operator"  # the operator does it on behalf of the plugin


@dataclass(frozen=True, slots=True)
class Need:
    """One permission that a plugin needs.

    Attributes:
        plugin: name of the plugin.
        rule: what must be allowed.
        origin: how it is known.
        where: ``path:line``; empty if it has no place in a file.
        reason: what needs it, in a few words.
        namespaces: namespaces in which it is needed; None for those that the operator watches. Empty for resources
            without namespaces.
        is_of_all: whether a request is about all namespaces at once, which a Role cannot allow.
        kind: the kind that a declaration or the source names, with its version; None for a rule.
    """

    plugin: str
    rule: Permission
    origin: Origin
    where: str = ""
    reason: str = ""
    namespaces: tuple[str, ...] | None = None
    is_of_all: bool = False
    kind: GroupVersionKind | None = field(default=None, compare=False)

    def __str__(self) -> str:
        """Return the reason as a comment shows it."""
        return " ".join(each for each in (self.where or self.plugin, self.reason) if each)


class Unclear(msgspec.Struct, frozen=True):
    """A call whose permission the source does not show.

    Attributes:
        plugin: name of the plugin.
        path, line: place of the call.
        what: what the source does not show, and the way out.
        verbs: verbs that the call needs, if they are known.
        subresource: its subresource, or empty.
        is_mistake: whether the call cannot succeed, so that no declaration accounts for it.
    """

    plugin: str
    path: str
    line: int
    what: str
    verbs: tuple[str, ...] = ()
    subresource: str = ""
    is_mistake: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


class ExplainedRule(msgspec.Struct, frozen=True):
    """A rule of a Role, and the needs that it serves."""

    rule: Permission
    needs: tuple[Need, ...]


def granting(needs: Iterable[Need], call: Call) -> list[Need]:
    """Return the needs whose rule allows a call, without a look at its namespace."""
    return [need for need in needs if covers(need.rule, call)]


def reaches(need: Need, call: Call) -> bool:
    """Report whether a need is about the namespace of a call, or about all namespaces if the call is.

    A need without namespaces of its own is about those that the operator watches; they count as all of them.
    """
    return not need.namespaces or need.is_of_all or call.namespace in need.namespaces


def explained(needs: Iterable[Need]) -> tuple[ExplainedRule, ...]:
    """Return the least rules for all needs, in a stable order, each with the needs that it serves."""
    found = tuple(needs)
    parts = [(need, part) for need in found for part in parts_of(need.rule)]
    rules = least(need.rule for need in found)
    return tuple(
        ExplainedRule(rule, tuple(dict.fromkeys(need for need, part in parts if contains(rule, part))))
        for rule in rules
    )
