"""Kinds as people type them: ``v1/ConfigMap``, ``deploy``, ``deployments.apps``, ``example.com/v1/Widget``.

Owns what a new plugin must know about a kind. Built-in kinds are those that the embedded API server serves, because the
plugin's test runs on it.
"""

import difflib
import re
from collections.abc import Iterable

import msgspec

from kube_apiserver.schema import ResourceInfo, builtin_resources
from plugin_operator.errors import UsageError
from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.builtin_kinds import problem_of
from plugin_operator.kube.definitions.names import kind_problem, name_problem
from plugin_operator.kube.plurals import guessed_plural

_NEEDED = frozenset({"create", "get", "list", "patch", "watch"})
_OWNERS = (".k8s.io", ".kubernetes.io")
#: The domains that RFC 2606 reserves: no project has kinds in them.
_EXAMPLES = re.compile(r"\.example(\.(com|net|org))?$")
_CUSTOM = "a custom kind is written with group and version: example.com/v1/Widget"


class TargetKind(msgspec.Struct, frozen=True):
    """The kind that a new plugin reconciles; ``is_custom`` if the plugin defines it."""

    gvk: GroupVersionKind
    plural: str
    namespaced: bool
    is_custom: bool = False

    @property
    def argument(self) -> str:
        """The resource for kubectl, with its group if the plural alone means another kind."""
        is_other = any(info.plural == self.plural and info.group != self.gvk.group for info in builtin_resources())
        return f"{self.plural}.{self.gvk.group}" if is_other and self.gvk.group else self.plural


def target_of(text: str, *, plural: str = "", namespaced: bool = True, is_new: bool = False) -> TargetKind:
    """Return the kind that ``text`` names.

    Args:
        text: a kind with its version, or the kind, plural or short name of a built-in resource.
        plural: of a new kind; a guess if empty.
        namespaced: scope of a new kind.
        is_new: whether a custom kind is a new one of the user. Kinds of the domains for examples always are.

    Raises:
        UsageError: there is no such kind, there are several, or it may be a kind of others.
    """
    infos = _usable()
    info = _exact(text, infos) if "/" in text else _short(text, infos)
    if info is not None:
        if plural or is_new or not namespaced:
            raise UsageError(
                f"--for: {_text(info)} is built in: --new-crd, --plural and --cluster-scoped are for new kinds"
            )
        return TargetKind(_gvk(info), info.plural, info.namespaced)
    gvk = checked_custom(text)
    if f".{gvk.group}".endswith(_OWNERS):
        way_out = "name the file of its CustomResourceDefinition with --crd"
        raise UsageError(f"--for: the group {gvk.group!r} belongs to Kubernetes: {way_out}")
    made = TargetKind(gvk, checked_plural(plural or guessed_plural(gvk.kind)), namespaced, is_custom=True)
    if not is_new and not _EXAMPLES.search(f".{gvk.group}"):
        get = f"kubectl get crd {made.plural}.{gvk.group} -o yaml > {made.plural}.yaml gets it from a cluster"
        raise UsageError(
            f"--for: {gvk} is not built in. If it exists, pass its CustomResourceDefinition with --crd FILE; {get}. "
            "If it is a new kind of your own, add --new-crd"
        )
    return made


def kind_of(text: str) -> GroupVersionKind:
    """Return the kind that ``text`` names: a built-in one by any of its names, or one with its version.

    Raises:
        UsageError: no built-in kind has the name, or several have, or the text is not a kind.
    """
    return _parsed(text) if "/" in text else _gvk(_short(text, _usable()))


def kind_names() -> list[str]:
    """Return the built-in kinds with their versions."""
    return [str(_gvk(info)) for info in _usable()]


def completed_kinds(beginning: str) -> list[str]:
    """Return what a kind may be that begins like this: with its version, then by its plural and short names.

    Names of several groups' kinds are left out, and for an empty beginning all names are.
    """
    full = [each for each in kind_names() if each.startswith(beginning)]
    owners: dict[str, set[tuple[str, str]]] = {}
    for info in _usable() if beginning else ():
        for name in (info.plural, *info.short_names):
            owners.setdefault(name, set()).add((info.group, info.kind))
    return full + sorted(name for name, kinds in owners.items() if name.startswith(beginning) and len(kinds) == 1)


def _usable() -> list[ResourceInfo]:
    return [info for info in builtin_resources() if set(info.verbs) >= _NEEDED]


def _exact(text: str, infos: Iterable[ResourceInfo]) -> ResourceInfo | None:
    """Return the built-in resource of a kind with its version, or None if the kind may be a custom one."""
    gvk = _parsed(text)
    if problem := problem_of(gvk):
        raise UsageError(f"--for: {problem}")
    groups = {info.group for info in builtin_resources()}
    found = next((info for info in infos if _gvk(info) == gvk), None)
    if found is None and gvk.group in groups:
        others = [str(_gvk(info)) for info in infos if (info.group, info.kind) == (gvk.group, gvk.kind)]
        way_out = f"write {others[0]!r}" if others else "a plugin can have kinds that are created, listed and watched"
        raise UsageError(f"--for: the API server of the plugin's test does not serve {str(gvk)!r}: {way_out}")
    return found


def _short(text: str, infos: Iterable[ResourceInfo]) -> ResourceInfo:
    word = text.strip().lower()
    by_kind: dict[tuple[str, str], ResourceInfo] = {}
    for info in infos:
        if word in _names(info):
            by_kind.setdefault((info.group, info.kind), info)
    found = list(by_kind.values())
    if len(found) == 1:
        return found[0]
    if found:
        choices = " or ".join(map(_text, found))
        raise UsageError(f"--for: {text!r} is the kind of several groups: write {choices}")
    near = difflib.get_close_matches(word, [name for info in infos for name in (info.kind.lower(), info.plural)], 1)
    meant = next((info for info in infos if near and near[0] in {info.kind.lower(), info.plural}), None)
    hint = f"did you mean {_text(meant)!r}?" if meant is not None else _CUSTOM
    raise UsageError(f"--for: no built-in kind is called {text!r}: {hint}")


def _names(info: ResourceInfo) -> set[str]:
    names = {info.kind.lower(), info.plural, info.singular, *info.short_names}
    return names | {f"{name}.{info.group}" for name in names if info.group}


def checked_custom(text: str, flag: str = "--for") -> GroupVersionKind:
    """Return the custom kind that ``text`` names with group and version.

    Raises:
        UsageError: it has another form, or a name that Kubernetes does not allow; the message begins with ``flag``.
    """
    gvk = _parsed(text, flag)
    if problem := kind_problem(gvk):
        raise UsageError(f"{flag}: {problem}")
    return gvk


def checked_plural(plural: object, flag: str = "--plural") -> str:
    """Return the plural of a custom kind.

    Raises:
        UsageError: it is not one; the message begins with ``flag``.
    """
    if problem := name_problem(plural):
        raise UsageError(f"{flag}: {problem}")
    return str(plural)


def _parsed(text: str, flag: str = "--for") -> GroupVersionKind:
    try:
        return GroupVersionKind.parse(text)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}; {_CUSTOM}") from error


def _gvk(info: ResourceInfo) -> GroupVersionKind:
    return GroupVersionKind(info.group, info.version, info.kind)


def _text(info: ResourceInfo) -> str:
    return str(_gvk(info))
