"""The controllers of plugins on the command line, by their declarations."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from plugin_operator.cli.checking.plugin_check import CheckSettings, check
from plugin_operator.cli.checking.report import Mistake
from plugin_operator.errors import UsageError
from plugin_operator.hosting.lints.lint import REJECTED
from plugin_operator.kube import GroupVersionKind
from plugin_operator.rendering import describe


class LoadedController(msgspec.Struct, frozen=True):
    """One controller.

    Attributes:
        ids: its ids, current and former.
        for_: the kind that it reconciles; None without one.
        owns: the kinds of its children.
    """

    ids: tuple[str, ...]
    for_: GroupVersionKind | None
    owns: tuple[GroupVersionKind, ...]


class LoadedControllers(msgspec.Struct, frozen=True):
    """The controllers of some plugins.

    Attributes:
        controllers: the controllers, in the order of the files.
        mistakes: why plugins cannot be loaded; ``controllers`` is then incomplete.
    """

    controllers: Sequence[LoadedController]
    mistakes: Sequence[Mistake] = ()


def controllers_of(paths: Sequence[Path], timeout_seconds: float) -> LoadedControllers:
    """Load plugins, each in a process of its own, and return their controllers.

    Args:
        paths: plugin files, plugin folders, or directories of plugins.
        timeout_seconds: deadline of a trial import.

    Raises:
        UsageError: the declarations of a plugin cannot be read.
        PluginOperatorError: no process can be started.
    """
    report = check(paths, CheckSettings(timeout_seconds, lints=False))
    found: list[LoadedController] = []
    for plugin in report.plugins:
        try:
            found += map(_controller, plugin.declarations)
        except (KeyError, ValueError, TypeError) as error:
            # The process of a trial import has run code of the plugin, which may have written any other summary.
            raise UsageError(f"{plugin.path}: its declarations cannot be read: {describe(error)}") from error
    return LoadedControllers(found, [each for each in report.mistakes if each.rule == REJECTED.id])


def _controller(summary: Mapping[str, Any]) -> LoadedController:
    kind, owns = summary["for"], tuple(map(GroupVersionKind.parse, summary["owns"]))
    return LoadedController(
        (summary["id"], *summary["renamedFrom"]), GroupVersionKind.parse(kind) if kind else None, owns
    )
