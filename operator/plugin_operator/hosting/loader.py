"""From bytes to a revision: runs the very bytes that were hashed.

Owns naming revisions and running a plugin's import in a thread, where a slow one does not hold up the event loop.
Trying it first where it can do no harm is left to ``validator``.
"""

import contextvars
import importlib
import itertools
import re
from types import ModuleType

from plugin_operator.containment import in_context, is_cancelled_from_outside
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.failures import rejection
from plugin_operator.hosting.installed import check_installed
from plugin_operator.hosting.modules import IMPORT_GUARD, RevisionModules
from plugin_operator.hosting.revision import PluginRevision
from plugin_operator.hosting.snapshot import PluginSource
from plugin_operator.plugin import discover
from plugin_operator.threads import ThreadRunner

#: How the names of threads begin that imports run in.
IMPORT_THREADS = "plugin-import"

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
        if source.refusal is not None:
            raise PluginRejected(source.refusal.reason, path=source.refusal.path, line=source.refusal.line)
        number = next(self._numbers)
        label = f"{number}-{source.short_digest}"
        package = f"_plugin_{_NOT_IDENTIFIER.sub('_', source.name)}_{number}_{source.short_digest}"
        modules = RevisionModules(package, label, source.root, source.files, source.code, source.name)
        modules.register()
        try:
            with IMPORT_GUARD.watching() as undone:
                module = await self._threads.run(_import, f"{package}.{source.name}", modules, source.path)
                declarations = await in_context(discover(module), contextvars.Context())
        except BaseException as error:
            modules.purge()
            if is_cancelled_from_outside():
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
