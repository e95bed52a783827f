"""Kinds as people type them: ``v1/ConfigMap``, ``deploy``, ``deployments.apps``, ``example.com/v1/Widget``.

Owns what a new plugin must know about a kind. Built-in kinds are those that the embedded API server serves, because the
plugin's test runs on it.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from kube_apiserver.schema import ResourceInfo, builtin_resources
from plugin_operator.errors import UsageError
from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.builtin_kinds import problem_of

_NEEDED = frozenset({"create", "get", "list", "patch", "watch"})
_KIND = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")
_VERSION = re.compile(r"v[0-9]+((alpha|beta)[0-9]+)?")
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_GROUP = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_MAX_GROUP = 180  # PLURAL.GROUP is the name of the definition
_PLURAL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_OWNERS = (".k8s.io", ".kubernetes.io")
_CUSTOM = "a custom kind is written with group and version: example.com/v1/Widget"


@dataclass(frozen=True, slots=True)
class TargetKind:
    """The kind that a new plugin reconciles; ``is_custom`` if the plugin brings its CustomResourceDefinition."""

    gvk: GroupVersionKind
    plural: str
    namespaced: bool
    is_custom: bool = False


def target_of(text: str, *, plural: str = "", namespaced: bool = True) -> TargetKind:
    """Return the kind that ``text`` names.

    Args:
        text: a kind with its version, or the kind, plural or short name of a built-in resource.
        plural: of a custom kind; a guess if empty.
        namespaced: scope of a custom kind.

    Raises:
        UsageError: there is no such kind, or there are several.
    """
    infos = [info for info in builtin_resources() if set(info.verbs) >= _NEEDED]
    info = _exact(text, infos) if "/" in text else _short(text, infos)
    if info is not None:
        if plural or not namespaced:
            raise UsageError(f"--for: {_text(info)} is built in: --plural and --cluster-scoped are for custom kinds")
        return TargetKind(_gvk(info), info.plural, info.namespaced)
    gvk = checked_custom(text)
    if f".{gvk.group}".endswith(_OWNERS):
        way_out = "name the file of its CustomResourceDefinition with --crd"
        raise UsageError(f"--for: the group {gvk.group!r} belongs to Kubernetes: {way_out}")
    return TargetKind(gvk, checked_plural(plural or guessed_plural(gvk.kind)), namespaced, is_custom=True)


def kind_names() -> list[str]:
    """Return the built-in kinds with their versions, for completion."""
    return [str(_gvk(info)) for info in builtin_resources() if set(info.verbs) >= _NEEDED]


def guessed_plural(kind: str) -> str:
    """Return the plural that kubebuilder and people would choose: ``policies``, ``boxes``, ``gateways``."""
    word = kind.lower()
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in {*"aeiou"}:
        return f"{word[:-1]}ies"
    return f"{word}s"


def _exact(text: str, infos: Iterable[ResourceInfo]) -> ResourceInfo | None:
    """Return the built-in resource of a kind with its version, or None if the kind may be a custom one."""
    gvk = _parsed(text)
    if not gvk.group and "." in gvk.version:
        raise UsageError(f"--for: the version is missing: write for example '{gvk.version}/v1/{gvk.kind}'")
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
    if not _VERSION.fullmatch(gvk.version):
        raise UsageError(f"{flag}: {gvk.version!r} is not a version: write for example {gvk.group}/v1/{gvk.kind}")
    if not _KIND.fullmatch(gvk.kind):
        raise UsageError(f"{flag}: {gvk.kind!r} is not a kind: use letters and digits, with a capital first: Widget")
    if not _GROUP.fullmatch(gvk.group) or len(gvk.group) > _MAX_GROUP:
        rule = "use parts of lower-case letters, digits and -, with dots between them: example.com"
        raise UsageError(f"{flag}: {gvk.group!r} is not an API group: {rule}")
    return gvk


def checked_plural(plural: object, flag: str = "--plural") -> str:
    """Return the plural of a custom kind.

    Raises:
        UsageError: it is not one; the message begins with ``flag``.
    """
    if not isinstance(plural, str) or not _PLURAL.fullmatch(plural):
        rule = "use lower-case letters, digits and -, with a letter first"
        raise UsageError(f"{flag}: {plural!r} is not a plural: {rule}")
    return plural


def _parsed(text: str, flag: str = "--for") -> GroupVersionKind:
    try:
        return GroupVersionKind.parse(text)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}; {_CUSTOM}") from error


def _gvk(info: ResourceInfo) -> GroupVersionKind:
    return GroupVersionKind(info.group, info.version, info.kind)


def _text(info: ResourceInfo) -> str:
    return str(_gvk(info))
