"""Comparison of the kinds that plugins name with CustomResourceDefinitions in files.

Owns the rules. A definition says all about its own kind, so what contradicts it is an error. A kind that no definition
has may be in another file or in the cluster: a warning, and only if its group or its name is known.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from plugin_operator.cli.crd_files import Crd, CrdVersion
from plugin_operator.hosting.lints.lint import AGAINST_CRD, WITHOUT_CRD, Rule
from plugin_operator.hosting.permissions.needs import Need
from plugin_operator.kube import FieldSelector, GroupVersionKind, builtin_resource, builtin_resources
from plugin_operator.plugin import Permission

_SIMILAR = 0.8
_ALWAYS_SELECTABLE = frozenset({"metadata.name", "metadata.namespace"})
_CHECKED = ("status", "scale")
_BUILTIN = frozenset((each.gvk.group, each.plural) for each in builtin_resources())


class Contradiction(NamedTuple):
    """What is wrong, by which rule."""

    rule: Rule
    message: str


class KnownCrds:
    """The definitions that a check knows.

    Args:
        crds: the definitions.
    """

    def __init__(self, crds: Iterable[Crd]) -> None:
        self._by_kind = {(each.group, each.kind): each for each in crds}
        self._groups = {each.group for each in self._by_kind.values()}

    def of_need(self, need: Need) -> Iterator[Contradiction]:
        """Yield what is wrong with the kind of a declaration or a call, and with its subresource."""
        if need.kind is None:
            return
        found = list(self._of_kind(need.kind))
        yield from found
        version = self._version(need.kind)
        if found or version is None:
            return
        for resource in need.rule.resources:
            subresource = resource.partition("/")[2]
            if subresource in _CHECKED and subresource not in version.subresources:
                crd = self._by_kind[need.kind.group, need.kind.kind]
                yield Contradiction(AGAINST_CRD, f"{need.reason} fails: {_lacks(crd, version, subresource)}")

    def of_permission(self, rule: Permission) -> Iterator[Contradiction]:
        """Yield the resources of a rule that no API group in it has."""
        if "*" in rule.api_groups or not self._groups.intersection(rule.api_groups):
            return
        for resource in rule.resources:
            plural, _, subresource = resource.partition("/")
            if "*" in plural or any((group, plural) in _BUILTIN for group in rule.api_groups):
                continue
            own = [each for each in self._by_kind.values() if each.group in rule.api_groups]
            crd = next((each for each in own if each.plural == plural), None)
            if crd is None and self._groups.issuperset(set(rule.api_groups) - {""}):
                yield _unknown_plural(plural, own)
            elif crd is not None and subresource in _CHECKED:
                served = [each for each in crd.versions if each.is_served]
                if served and not any(subresource in each.subresources for each in served):
                    yield Contradiction(AGAINST_CRD, f"permission({resource!r}): {_lacks(crd, served[0], subresource)}")

    def of_cache(self, cache: Mapping[str, Any]) -> Iterator[Contradiction]:
        """Yield the fields that the field selector of a declared cache cannot name."""
        kind = GroupVersionKind.parse(str(cache["kind"]))
        version = self._version(kind)
        if version is None:
            return
        fields = {path for path, _, _ in FieldSelector.parse(str(cache.get("fieldSelector") or "")).requirements}
        for path in sorted(fields - _ALWAYS_SELECTABLE - version.selectable):
            crd = self._by_kind[kind.group, kind.kind]
            add = f"add {{jsonPath: .{path}}} to selectableFields of {version.name}, or use a label"
            yield Contradiction(AGAINST_CRD, f"field_selector: {crd.where} cannot select {kind} by {path}: {add}")

    def _version(self, kind: GroupVersionKind) -> CrdVersion | None:
        crd = self._by_kind.get((kind.group, kind.kind))
        return next((each for each in crd.versions if each.name == kind.version), None) if crd is not None else None

    def _of_kind(self, kind: GroupVersionKind) -> Iterator[Contradiction]:
        crd = self._by_kind.get((kind.group, kind.kind))
        if crd is not None:
            served = [each.name for each in crd.versions if each.is_served]
            if kind.version not in served:
                way_out = f"write {GroupVersionKind(kind.group, served[0], kind.kind)}" if served else "serve a version"
                shown = ", ".join(served) or "no version"
                yield Contradiction(AGAINST_CRD, f"{kind}: {crd.where} serves {shown}, not {kind.version}: {way_out}")
            return
        if builtin_resource(kind) is not None:
            return
        if meant := self._meant(kind):
            yield Contradiction(WITHOUT_CRD, f"no CustomResourceDefinition here defines {kind}: did you mean {meant}?")
        elif kind.group in self._groups:
            way_out = "name its file with --crd, or put it into crds/ beside the plugins"
            yield Contradiction(WITHOUT_CRD, f"no CustomResourceDefinition here defines {kind}: {way_out}")

    def _meant(self, kind: GroupVersionKind) -> str:
        """Return a kind whose group or name is written nearly like that of ``kind``; empty if there is none."""
        for (group, name), crd in self._by_kind.items():
            served = next((each.name for each in crd.versions if each.is_served), "")
            is_similar = (group == kind.group and _are_similar(name, kind.kind)) or (
                name == kind.kind and _are_similar(group, kind.group)
            )
            if served and is_similar:
                return str(GroupVersionKind(group, served, name))
        return ""


def _are_similar(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio() >= _SIMILAR


def _lacks(crd: Crd, version: CrdVersion, subresource: str) -> str:
    example = "{status: {}}" if subresource == "status" else "{scale: {…}}"
    return f"{crd.where} has no subresource {subresource} in {version.name}: add subresources: {example}"


def _unknown_plural(plural: str, crds: Sequence[Crd]) -> Contradiction:
    for each in crds:
        if plural.lower() in {other.lower() for other in (*each.others, each.kind)}:
            return Contradiction(AGAINST_CRD, f"permission({plural!r}): {each.where} has the plural {each.plural!r}")
    plurals = [each.plural for each in crds]
    near = difflib.get_close_matches(plural, plurals, n=1)
    way_out = f"did you mean {near[0]!r}?" if near else f"they have {', '.join(map(repr, plurals))}"
    return Contradiction(WITHOUT_CRD, f"permission({plural!r}): no CustomResourceDefinition here has it: {way_out}")
