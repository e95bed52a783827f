"""The loader: imports the bytes that were hashed as a new revision.

Owns the names of revisions, and runs imports in a thread, so that a slow one does not block the event loop. Leaves
trial imports to ``validator``.
"""

import asyncio
import contextvars
import importlib
import itertools
import re
from collections.abc import Coroutine
from types import ModuleType
from typing import Any, TypeAlias

from plugin_operator.containment import in_context, is_cancelled_from_outside
from plugin_operator.errors import PluginRejected, collected_rejections, joined
from plugin_operator.hosting.loading.defined_kinds import defined_kinds
from plugin_operator.hosting.loading.import_errors import rejection
from plugin_operator.hosting.loading.index_reads import refuse_unknown_indexes
from plugin_operator.hosting.loading.revision import PluginRevision
from plugin_operator.hosting.loading.revision_modules import IMPORT_GUARD, RevisionModules
from plugin_operator.hosting.requirements.installed_check import check_installed
from plugin_operator.hosting.scan.snapshot import PluginSource
from plugin_operator.plugin import ControllerDeclaration, discover
from plugin_operator.tasks import start_task
from plugin_operator.threads import ThreadRunner

#: Prefix of the names of import threads.
IMPORT_THREADS = "plugin-import"

Declarations: TypeAlias = tuple[ControllerDeclaration, ...]

#: Deadline of an async factory, which the trial has already run.
_FACTORY_SECONDS = 10.0

_NOT_IDENTIFIER = re.compile(r"\W")


class Loader:
    """Loads plugins, each revision under a unique private name."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._threads = ThreadRunner(IMPORT_THREADS)

    async def check(self, source: PluginSource) -> None:
        """Check the requirements of a plugin against the installed packages; ``load`` does so too.

        Raises:
            RequirementsUnmet: a requirement is not installed.
            PluginRejected: the declared requirements are malformed.
        """
        await self._threads.run(check_installed, source.files, source.root)

    async def load(self, source: PluginSource) -> PluginRevision:
        """Import a plugin, validate its declarations and return the revision; if that fails, remove its modules.

        On cancel it waits for the import, which cannot be interrupted.

        Raises:
            RequirementsUnmet: a requirement is not installed; no code of the plugin has run.
            PluginRejected: the plugin is invalid; the error has file, line and reason.
        """
        if source.rejection is not None:
            raise PluginRejected(source.rejection.reason, path=source.rejection.path, line=source.rejection.line)
        number = next(self._numbers)
        label = f"{number}-{source.short_digest}"
        package = f"_plugin_{_NOT_IDENTIFIER.sub('_', source.name)}_{number}_{source.short_digest}"
        modules = RevisionModules(package, label, source.root, source.files, source.code, source.name)
        modules.register()
        try:
            with IMPORT_GUARD.watching() as undone:
                module = await self._threads.run(_import, f"{package}.{source.name}", modules, source.path)
                declarations = await _in_own_task(discover(module), source.path)
            refuse_unknown_indexes(source, declarations)
            kinds = await self._threads.run(defined_kinds, modules)  # a large schema takes its time
        except BaseException as error:
            modules.purge()
            if is_cancelled_from_outside(error):
                raise
            raise rejection(error, modules, source.path) from None
        leftovers = (*undone, *modules.registrations.settle())
        return PluginRevision(
            source.name, source.digest, label, module, declarations, modules, leftovers, kinds, source=source
        )


def _import(name: str, modules: RevisionModules, main: str) -> ModuleType:
    check_installed(modules.files, modules.root)
    refused: list[PluginRejected] = []
    with collected_rejections() as of_classes:
        try:
            module = importlib.import_module(name)
        except BaseException as error:  # noqa: BLE001 - SystemExit and the like are errors of the plugin
            # Keep only the message: the exception references frames of a module that is about to be removed.
            refused = [rejection(error, modules, main)]
    refused = [*(rejection(each, modules, main) for each in of_classes), *refused]
    if refused:
        raise joined(refused)
    return module


async def _in_own_task(discovery: Coroutine[Any, Any, Declarations], path: str) -> Declarations:
    """Run the factory of a plugin in a task and a context of its own, within a deadline.

    After the deadline, or on cancel, it cancels the task without waiting for it.
    """
    task = start_task(_outcome(discovery), "discover")
    try:
        await asyncio.wait([task], timeout=_FACTORY_SECONDS)
    finally:
        task.cancel()
    if not task.done():
        raise PluginRejected(f"new_controller did not end within {_FACTORY_SECONDS:g} s", path=path)
    if task.cancelled():
        raise PluginRejected("new_controller cancelled its task", path=path)
    if isinstance(outcome := task.result(), BaseException):
        raise outcome
    return outcome


async def _outcome(discovery: Coroutine[Any, Any, Declarations]) -> Declarations | BaseException:
    try:
        return await in_context(discovery, contextvars.Context())
    except BaseException as error:  # noqa: BLE001 - asyncio would re-raise some of them out of the event loop
        return error
