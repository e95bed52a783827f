"""Kubernetes Events about state changes of plugins.

Owns which status changes cause an Event, and the involved object. This is the operator's own pod if the environment
names it (``POD_NAME``, ``POD_NAMESPACE``, ``POD_UID``), else its namespace. Messages do not contain exceptions of
reconciles, which may quote a Secret. Leaves writing Events to the recorder.
"""

from collections.abc import Callable, Mapping
from typing import Any

from plugin_operator.app.reports.status_report import HostView
from plugin_operator.clock import Clock
from plugin_operator.hosting import PluginState, PluginStatus
from plugin_operator.hosting.permissions.missing_rules import MissingRules, yaml_text
from plugin_operator.hosting.reporting.states import UNSETTLED
from plugin_operator.plugin import Recorder
from plugin_operator.tasks import TaskOwner, TaskSupervisor

_LOOK_SECONDS = 0.5
_STOP_SECONDS = 1.0
_DEFAULT_NAMESPACE = "default"
_MAX_MESSAGE = 1024
_WORKS = frozenset({PluginState.ACTIVE, PluginState.STUCK})


def own_object(environment: Mapping[str, str], namespace: str | None) -> dict[str, Any]:
    """Return a reference to the object for Events about this process."""
    if name := environment.get("POD_NAME"):
        metadata = {
            "name": name,
            "namespace": environment.get("POD_NAMESPACE") or namespace or _DEFAULT_NAMESPACE,
            "uid": environment.get("POD_UID", ""),
        }
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace or _DEFAULT_NAMESPACE}}


class LifecycleEvents:
    """Runnable that polls plugin status twice a second and records changes as Events.

    Args:
        host: the plugin host.
        recorder: returns the event recorder for a plugin.
        about: involved object of the Events.
        clock: measures the poll interval.
        reports: returns whether this process records Events; of several workers one does.
        supervisor: notified if the service ends unexpectedly.
    """

    name = "lifecycle events"

    def __init__(
        self,
        host: HostView,
        recorder: Callable[[str], Recorder],
        about: Mapping[str, Any],
        *,
        clock: Clock,
        reports: Callable[[], bool] = lambda: True,
        supervisor: TaskSupervisor | None = None,
    ) -> None:
        self._host = host
        self._recorder = recorder
        self._about = about
        self._clock = clock
        self._reports = reports
        self._seen: dict[str, PluginStatus] = {}
        self._reported: dict[str, str] = {}
        self._settled: dict[str, tuple[PluginState, str]] = {}
        self._lacking: dict[str, tuple[MissingRules, ...]] = {}
        self._tasks = TaskOwner(self.name, clock=clock, supervisor=supervisor)

    async def start(self) -> None:
        """Start polling."""
        self._tasks.serve(self._run, "", kind="lifecycle-events")

    async def stop(self, deadline_seconds: float) -> None:
        """Stop polling; stopping the process records no Events about unloaded plugins."""
        await self._tasks.stop(min(deadline_seconds, _STOP_SECONDS))

    async def _run(self) -> None:
        while True:
            if self._reports():
                self._look()
            await self._clock.sleep(_LOOK_SECONDS)

    def _look(self) -> None:
        now = {plugin.name: plugin for plugin in self._host.status()}
        for name, plugin in now.items():
            self._compare(self._seen.get(name), plugin)
        for name in self._seen.keys() - now.keys():
            self._reported.pop(name, None)
            self._settled.pop(name, None)
            self._lacking.pop(name, None)
            self._say(name, "Normal", "PluginUnloaded", f"plugin {name} is unloaded: its file is gone")
        self._seen = now

    def _compare(self, before: PluginStatus | None, now: PluginStatus) -> None:
        new_trouble = self._settled.get(now.name) != (now.state, now.candidate)
        if now.state not in UNSETTLED:  # a content that is tried again does not say the same again
            self._settled[now.name] = now.state, now.candidate
        if now.state is PluginState.QUARANTINED:
            if new_trouble:
                self._tell_quarantine(now)
            self._reported[now.name] = now.revision
            return
        if now.state is PluginState.REJECTED and new_trouble:
            running = f"; {now.revision} keeps running" if now.revision else ""
            self._say(now.name, "Warning", "PluginRejected", f"plugin {now.name}: {now.placed_reason}{running}")
        if now.state is PluginState.WAITING and (new_trouble or before is None or before.revision != now.revision):
            self._say(now.name, "Warning", "PluginWaiting", f"plugin {now.name} waits: {now.placed_reason}")
        if now.missing and now.missing != self._lacking.get(now.name):
            self._lacking[now.name] = now.missing
            self._say(now.name, "Warning", "PluginLacksPermissions", _lacks(now))
        if now.state is PluginState.ACTIVE and not now.reason:
            self._lacking.pop(now.name, None)
        if now.revision and now.state in _WORKS:
            self._tell_revision(now)
        if now.keeps_failing and (before is None or not before.keeps_failing or before.revision != now.revision):
            failing = ", ".join(each.controller for each in now.failures if each.keeps_failing)
            what = f"plugin {now.name} fails most of the time in {now.revision}: {failing}"
            self._say(now.name, "Warning", "PluginFailing", f"{what}; /status and the log say why")

    def _tell_quarantine(self, now: PluginStatus) -> None:
        if not now.revision:
            self._say(now.name, "Warning", "PluginStopped", f"plugin {now.name} does not run: {now.reason}")
            return
        what = f"plugin {now.name} failed right after its reload and was rolled back to {now.revision}"
        self._say(now.name, "Warning", "PluginRolledBack", f"{what}{_cause(now)}; /status and the log say more")

    def _tell_revision(self, now: PluginStatus) -> None:
        before = self._reported.get(now.name, "")
        self._reported[now.name] = now.revision
        if not before:
            self._say(now.name, "Normal", "PluginLoaded", f"plugin {now.name} works: {now.revision}")
        elif before != now.revision:
            self._say(
                now.name, "Normal", "PluginReloaded", f"plugin {now.name} works: {now.revision} instead of {before}"
            )

    def _say(self, plugin: str, kind: Any, reason: str, message: str) -> None:
        self._recorder(plugin).event(self._about, kind, reason, message)


def _cause(plugin: PluginStatus) -> str:
    return f" because of {plugin.rolled_back_for}" if plugin.rolled_back_for else ""


def _lacks(plugin: PluginStatus) -> str:
    """Return the missing rules in full lines; /status has those for which an Event has no room."""
    message = f"plugin {plugin.name} lacks permissions:\n{yaml_text(plugin.missing)}"
    if len(message) <= _MAX_MESSAGE:
        return message
    end = f"… plugin-operator status {plugin.name} shows all"
    return message[: message.rindex("\n", 0, _MAX_MESSAGE - len(end))] + f"\n{end}"
