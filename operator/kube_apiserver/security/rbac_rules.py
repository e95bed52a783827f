"""RBAC rules: matching of requests, and coverage of one set of rules by another."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import msgspec
from msgspec.structs import replace

from kube_apiserver.security.authorization import Attributes

_ALL = "*"


class Rule(msgspec.Struct, frozen=True):
    """One rule of a role."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "Rule":
        """Return a rule from its JSON form."""
        return cls(
            verbs=tuple(raw.get("verbs") or ()),
            groups=tuple(raw.get("apiGroups") or ()),
            resources=tuple(raw.get("resources") or ()),
            names=tuple(raw.get("resourceNames") or ()),
            paths=tuple(raw.get("nonResourceURLs") or ()),
        )

    def allows(self, attributes: Attributes) -> bool:
        """Report whether the rule allows a request."""
        if not _has(self.verbs, attributes.verb):
            return False
        if attributes.path:
            return any(_path_matches(pattern, attributes.path) for pattern in self.paths)
        if not _has(self.groups, attributes.group) or not self._has_resource(attributes):
            return False
        return not self.names or attributes.name in self.names

    def _has_resource(self, attributes: Attributes) -> bool:
        if not attributes.subresource:
            return _has(self.resources, attributes.resource)
        both = f"{attributes.resource}/{attributes.subresource}"
        return _has(self.resources, both) or f"*/{attributes.subresource}" in self.resources

    def body(self) -> dict[str, Any]:
        """Return the JSON form of the rule, without empty fields."""
        pairs = (
            ("verbs", self.verbs),
            ("apiGroups", self.groups),
            ("resources", self.resources),
            ("resourceNames", self.names),
            ("nonResourceURLs", self.paths),
        )
        return {name: list(values) for name, values in pairs if values}

    def parts(self) -> Iterator["Rule"]:
        """Yield the rule split into rules with one verb and one resource or path each."""
        for group, resource, verb in product(self.groups, self.resources, self.verbs):
            for name in self.names or ("",):
                yield Rule((verb,), (group,), (resource,), (name,) if name else ())
        for path, verb in product(self.paths, self.verbs):
            yield Rule((verb,), paths=(path,))

    def __str__(self) -> str:
        """Return the rule as escalation errors show it."""
        pairs = (
            ("APIGroups", self.groups),
            ("Resources", self.resources),
            ("NonResourceURLs", self.paths),
            ("ResourceNames", self.names),
            ("Verbs", self.verbs),
        )
        quoted = ((name, " ".join(f'"{value}"' for value in values)) for name, values in pairs if values)
        shown = (f"{name}:[{text}]" for name, text in quoted)
        return "{" + ", ".join(shown) + "}"


def uncovered(held: Sequence[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """Return the parts of ``wanted`` that no rule of ``held`` covers."""
    parts = (part for rule in wanted for part in rule.parts())
    return [part for part in parts if not any(_covers(rule, part) for rule in held)]


def compacted(parts: Iterable[Rule]) -> list[Rule]:
    """Merge parts that differ only in their verb."""
    verbs: dict[Rule, list[str]] = {}
    paths = []
    for part in parts:
        if part.paths:
            paths.append(part)
        else:
            verbs.setdefault(replace(part, verbs=()), []).extend(part.verbs)
    return [*paths, *(replace(thing, verbs=tuple(found)) for thing, found in verbs.items())]


def _covers(rule: Rule, part: Rule) -> bool:
    if not _has(rule.verbs, part.verbs[0]):
        return False
    if part.paths:
        return any(_path_matches(pattern, part.paths[0]) for pattern in rule.paths)
    resource = part.resources[0]
    _, slash, sub = resource.partition("/")
    if not _has(rule.groups, part.groups[0]):
        return False
    if not _has(rule.resources, resource) and not (slash and f"*/{sub}" in rule.resources):
        return False
    return not rule.names or (bool(part.names) and part.names[0] in rule.names)


def _has(values: tuple[str, ...], wanted: str) -> bool:
    return _ALL in values or wanted in values


def _path_matches(pattern: str, path: str) -> bool:
    if pattern.endswith(_ALL):
        return path.startswith(pattern.removesuffix(_ALL))
    return pattern == path
