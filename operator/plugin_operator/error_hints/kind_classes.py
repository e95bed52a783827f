"""Names of the modules of ``plugin_operator.kinds``: the kind of a class, and which one a wrong name means."""

import difflib
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from plugin_operator.error_hints.signatures import KINDS, kind_modules

#: The metadata of all kinds has one class, which other libraries have in a module of a group.
_METADATA = frozenset({"Metadata", "ObjectMeta", "ListMeta"})
_WORD = re.compile(r"\w+")
_CLASS = re.compile(r"^class (\w+)\(", re.MULTILINE)
_KIND = re.compile(r'^@builtin_kind\(\s*"([^"]+)"[^@]*?^class (\w+)\(', re.MULTILINE)
#: The clients that are made from the OpenAPI document put the version before the name: ``V1ObjectMeta``.
_VERSION = re.compile(r"^V\d+((alpha|beta)\d+)?(?=[A-Z])", re.IGNORECASE)


def kind_of_class(name: str) -> str:
    """Return the kind of a class by its dotted name, as ``apps/v1/Deployment``; empty if it is no built-in kind."""
    module, _, wanted = name.rpartition(".")
    package, _, group = module.rpartition(".")
    return _kinds_of(group).get(wanted, "") if package == KINDS and group in kind_modules() else ""


@cache
def builtin_kinds() -> frozenset[str]:
    """Return the kinds that have a class."""
    return frozenset(kind for group in kind_modules() for kind in _kinds_of(group).values())


def meant_class(module: str, name: str) -> str:
    """Return the fix for a name that a module does not have; empty if it is no module of kinds, or none is known."""
    package, _, group = module.rpartition(".")
    if package != KINDS or group not in kind_modules():
        return ""
    if name in _words_of(group):
        return ""  # the module has it, or may have it
    plain = _VERSION.sub("", name)
    if plain in _METADATA:
        return "the metadata of every kind is Metadata: add 'from plugin_operator import Metadata'"
    here = _classes_of(group)
    if plain in here:
        return f"did you mean {group}.{plain}?"
    homes = [each for each in kind_modules() if plain in _classes_of(each)]
    if homes:
        return f"{plain} is in {homes[0]}: add 'from {KINDS} import {homes[0]}'"
    near = difflib.get_close_matches(plain, here, n=1)
    return f"did you mean {group}.{near[0]}?" if near else ""


def meant_module(name: str) -> str:
    """Return the fix for a name that the package of the modules does not have, such as that of a class."""
    homes = [each for each in kind_modules() if name == each or name in _classes_of(each)]
    if homes:
        return f"write 'from {KINDS} import {homes[0]}'" + ("" if name in homes else f" and {homes[0]}.{name}")
    near = difflib.get_close_matches(name, kind_modules(), n=1)
    return f"did you mean {near[0]!r}?" if near else f"its modules are {', '.join(kind_modules())}"


@cache
def _classes_of(group: str) -> tuple[str, ...]:
    return tuple(_CLASS.findall(_source_of(group)))


@cache
def _kinds_of(group: str) -> dict[str, str]:
    return {name: kind for kind, name in _KIND.findall(_source_of(group))}


@cache
def _words_of(group: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_source_of(group)))


def _source_of(group: str) -> str:
    """Return the source of a module, which is not imported for it."""
    spec = find_spec(f"{KINDS}.{group}")
    return Path(spec.origin).read_text("utf-8") if spec is not None and spec.origin else ""
