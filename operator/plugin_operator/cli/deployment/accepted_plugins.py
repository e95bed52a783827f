"""Plugins that passed the operator's checks: their files and what they need, both of one moment."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from plugin_operator.cli.permissions.plugin_needs import Sources, needs_for
from plugin_operator.cli.plugin_paths import chosen, directory_of, plugin_of
from plugin_operator.cli.terminal.messages import say_line
from plugin_operator.errors import UsageError
from plugin_operator.hosting.permissions.needs import Need
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.snapshot import PluginSource


class AcceptedPlugins(msgspec.Struct, frozen=True):
    """Plugins that the loader accepts.

    Attributes:
        sources: their files, by plugin.
        needs: what they need.
        definitions: the CustomResourceDefinitions that their classes define.
    """

    sources: Mapping[str, PluginSource]
    needs: Sequence[Need]
    definitions: Sequence[Mapping[str, Any]] = ()


def accepted_plugins(paths: Sequence[Path], namespace: str, *, timeout_seconds: float) -> AcceptedPlugins | None:
    """Check plugins as ``validate`` does and return them; if one is rejected, print why and return None.

    A permission that the source of a plugin does not show is a warning, as in ``rbac``; so is a mistake that the lints
    find, because the operator would run the plugin all the same.

    Raises:
        UsageError: there is no plugin, two have one name, or a file changed meanwhile.
    """
    sources = _sources(paths)
    found = needs_for(Sources(paths, operator_namespace=namespace, timeout_seconds=timeout_seconds, lints=True))
    for each in found.mistakes:
        say_line(f"{each.place}: {each.message}", err=True)
    if found.mistakes:
        return None
    if not sources:
        raise UsageError(f"no plugin in {' '.join(map(str, paths))}: name plugin files, or a directory with some")
    if _digests(_sources(paths)) != _digests(sources):
        raise UsageError("a plugin changed while it was read: run the command again")
    guesses = [
        f"the plural of {kind} is a guess: put its CustomResourceDefinition into crds/" for kind in found.guesses
    ]
    findings = [f"{each.place}: {each.rule} {each.message}" for each in found.findings]
    for warning in (*findings, *map(str, found.unclear), *guesses):
        say_line(f"Warning: {warning}", err=True)
    return AcceptedPlugins(sources, found.needs, found.definitions)


def _digests(sources: Mapping[str, PluginSource]) -> dict[str, str]:
    return {name: source.digest for name, source in sources.items()}


def _sources(paths: Sequence[Path]) -> dict[str, PluginSource]:
    found: dict[str, PluginSource] = {}
    for path in map(plugin_of, paths):
        snapshot = Scanner(directory_of(path)).scan()
        for name in chosen(snapshot, path):
            source = snapshot.sources.get(name)
            if source is None:
                continue  # the check says why
            other = found.setdefault(name, source)
            if other.root != source.root:
                raise UsageError(f"{source.path} and {other.path} have one name: rename one of them")
    return found
