"""A test harness for plugins: a real operator on an embedded API server, in this process.

Owns edits of plugins and their status. Leaves start, stop and waiting to ``Engine``.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

from kube_apiserver import ApiServer
from plugin_operator.client import Client
from plugin_operator.controllers import ControllerStatus
from plugin_operator.hosting import PluginStatus
from plugin_operator.testing.checks.plugin_checks import PluginChecks
from plugin_operator.testing.edits import Edit
from plugin_operator.testing.engine import Engine
from plugin_operator.threads import in_thread


class PluginHarness:
    """An embedded API server and an operator with the given plugins, as an async context manager.

    The harness copies the plugins, so that ``write`` and ``remove`` do not change your files. They pass the same
    scanner, trial import and loader as in production. Entering waits until every plugin is active. It raises
    PluginRejected if a plugin cannot be loaded, and AssertionError after ``timeout_seconds``. Leaving stops server and
    operator, also if the test is cancelled. It raises AssertionError if the operator failed. So it does if a plugin
    made a call that no rule of it allows, or wrote a field that is not stored. A test that has failed keeps its own
    error.

    Args:
        plugins: plugin files and folders.
        timeout_seconds: deadline of entering, of each ``settle`` and of each change of a plugin.
        check_permissions: whether a call that no rule of the plugin allows meets a ForbiddenError, and fails the test
            at its end. The rules come from its declarations and from the calls that its source shows.
        check_fields: whether a field that a plugin writes, and that the API server does not store, fails the test at
            its end. It does not store an unknown field, nor a status in a call that does not write it.

    Attributes:
        server: the embedded API server, in memory.

    Example:
        async with PluginHarness("plugins/configmap.py") as harness:
            await harness.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hello"}})
            await harness.settle()
            assert harness.reconciles("configmap") == 1
    """

    def __init__(
        self,
        *plugins: str | Path,
        timeout_seconds: float = 30.0,
        check_permissions: bool = True,
        check_fields: bool = True,
    ) -> None:
        checks = PluginChecks(check_permissions, check_fields)
        self._engine = Engine([Path(plugin) for plugin in plugins], timeout_seconds, checks=checks)
        self.server: ApiServer = self._engine.server

    async def __aenter__(self) -> Self:
        """Start server and operator, and wait until every plugin is active.

        Raises:
            PluginRejected: a plugin cannot be loaded.
        """
        await self._engine.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop server and operator, and raise if the operator failed, or a plugin made a call that a check refuses.

        Raises:
            AssertionError: one of both, and the test did not fail before.
        """
        await self._engine.leave(error)

    @property
    def client(self) -> Client:
        """API client like ``ctx.client`` in a plugin, but with the default namespace ``default``.

        Its field manager is that of the operator, so ``apply`` may conflict with fields that a plugin owns.
        Its calls wait for a kind whose CRD was just created.

        Raises:
            RuntimeError: the harness is not entered.
        """
        return self._engine.client

    async def settle(self) -> None:
        """Wait until every cache equals the server, and no plugin is loading and no key is queued or in process.

        A plugin that waits for a kind counts as idle only while the server does not serve it. Delayed keys (backoff,
        ``requeue_after``) do not count, because they are not due.

        Raises:
            AssertionError: the operator is not idle within the timeout; the message lists its work.
        """
        await self._engine.settle()

    async def write(self, name: str, text: str) -> PluginStatus | None:
        """Create or replace a file, and wait until it and all plugins that import it are loaded or rejected.

        A rejected file is not an error here: check the ``state`` of the returned status.

        Args:
            name: name of the file, with or without ``.py``.
            text: new content of the file.

        Returns:
            The plugin's status; None for a helper, which declares no controller and is imported by others.

        Raises:
            AssertionError: the change is not processed within the timeout, or the operator has ended.
        """
        name = name.removesuffix(".py")
        fresh = self._engine.folder / f".{name}.new"
        await in_thread(fresh.write_text, text, "utf-8")
        await in_thread(fresh.rename, self._engine.folder / f"{name}.py")
        edit = Edit(self._engine.app.host, name, text.encode())
        await self._engine.wait(edit.is_followed, f"{name} to be loaded")
        return self._find(name)

    async def remove(self, name: str) -> PluginStatus | None:
        """Delete a file, and wait until its plugin is unloaded and all plugins that imported it are rejected.

        Objects with a finalizer of the plugin are not an error here: check the ``state`` of the returned status.

        Args:
            name: name of the file, with or without ``.py``.

        Returns:
            The status of a plugin that is ``Held`` by finalizers, whose ``reason`` names the objects; else None.

        Raises:
            FileNotFoundError: the file does not exist.
            AssertionError: the change is not processed within the timeout, or the operator has ended.
        """
        name = name.removesuffix(".py")
        edit = Edit(self._engine.app.host, name, None)
        await in_thread((self._engine.folder / f"{name}.py").unlink)
        await self._engine.wait(edit.is_followed, f"{name} to be unloaded")
        return self._find(name)

    def plugins(self) -> list[PluginStatus]:
        """Return the current status of each plugin.

        Raises:
            RuntimeError: the harness is not entered.
        """
        return self._engine.status()

    def plugin(self, name: str) -> PluginStatus:
        """Return the current status of one plugin.

        Args:
            name: name of the file, with or without ``.py``, or of the folder.

        Raises:
            LookupError: the plugin does not exist.
        """
        found = self._find(name)
        if found is None:
            raise LookupError(f"no plugin {name!r}, only {[plugin.name for plugin in self.plugins()]}")
        return found

    def controller(self, name: str) -> ControllerStatus:
        """Return the current status of one controller.

        Args:
            name: declared name of the controller.

        Raises:
            LookupError: the controller does not exist.
        """
        for plugin in self.plugins():
            for controller in plugin.controllers:
                if controller.name == name:
                    return controller
        known = [each.name for plugin in self.plugins() for each in plugin.controllers]
        raise LookupError(f"no controller {name!r}, only {known}")

    def reconciles(self, controller: str) -> int:
        """Return how many reconciles of a controller have ended, with any result, including those before a reload.

        Args:
            controller: declared name of the controller.

        Raises:
            LookupError: the controller does not exist.
        """
        return sum(self.controller(controller).reconciles.values())

    def failing(self, controller: str) -> dict[str, str]:
        """Return the objects whose last reconcile failed: the error by ``namespace/name``.

        Args:
            controller: declared name of the controller.

        Raises:
            LookupError: the controller does not exist.
        """
        return {str(request): key.error for request, key in self.controller(controller).failing.items()}

    def _find(self, name: str) -> PluginStatus | None:
        return next((plugin for plugin in self.plugins() if plugin.name == name.removesuffix(".py")), None)
