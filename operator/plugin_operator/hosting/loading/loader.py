"""From bytes to a revision: runs the very bytes that were hashed.

Owns naming revisions and running a plugin's import in a thread, where a slow one does not hold up the event loop.
Trying it first where it can do no harm is left to ``validator``.
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
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.loading.import_errors import rejection
from plugin_operator.hosting.loading.revision import PluginRevision
from plugin_operator.hosting.loading.revision_modules import IMPORT_GUARD, RevisionModules
from plugin_operator.hosting.requirements.installed_check import check_installed
from plugin_operator.hosting.scan.snapshot import PluginSource
from plugin_operator.plugin import ControllerDeclaration, discover
from plugin_operator.tasks import start_task
from plugin_operator.threads import ThreadRunner

#: How the names of threads begin that imports run in.
IMPORT_THREADS = "plugin-import"

Declarations: TypeAlias = tuple[ControllerDeclaration, ...]

#: What an async factory may take here, after it was tried elsewhere.
_FACTORY_SECONDS = 10.0

_NOT_IDENTIFIER = re.compile(r"\W")


class Loader:
    """Loads plugins, each revision under a name of its own."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._threads = ThreadRunner(IMPORT_THREADS)

    async def check(self, source: PluginSource) -> None:
        """Compare what a plugin says it needs with what is installed; ``load`` does so as well.

        Raises:
            RequirementsUnmet: names what is missing.
            PluginRejected: what it says is malformed.
        """
        await self._threads.run(check_installed, source.files, source.root)

    async def load(self, source: PluginSource) -> PluginRevision:
        """Import a plugin and check what it declares; nothing of it stays behind if that fails.

        On cancellation the import, which cannot be interrupted, is waited for.

        Raises:
            RequirementsUnmet: what it says it needs is not installed; nothing of it has run.
            PluginRejected: with file, line and reason.
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
        except BaseException as error:
            modules.purge()
            if is_cancelled_from_outside(error):
                raise
            raise rejection(error, modules, source.path) from None
        leftovers = (*undone, *modules.registrations.settle())
        return PluginRevision(source.name, source.digest, label, module, declarations, modules, leftovers)


def _import(name: str, modules: RevisionModules, main: str) -> ModuleType:
    check_installed(modules.files, modules.root)
    try:
        return importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 - SystemExit and its like belong to the plugin
        # Only words are kept: the exception would keep the frames of a module alive that is about to be forgotten.
        refused = rejection(error, modules, main)
    raise refused


async def _in_own_task(discovery: Coroutine[Any, Any, Declarations], path: str) -> Declarations:
    """Let the factory of a plugin run in a task that it may cancel, in a context of its own, within a deadline.

    Past the deadline, or on cancellation, the task is cancelled and not waited for.
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
    except BaseException as error:  # noqa: BLE001 - asyncio would end the event loop for some of them
        return error
