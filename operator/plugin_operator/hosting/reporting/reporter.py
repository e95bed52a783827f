"""``StatusReporter``: state, reason, log lines and metrics of one plugin."""

from datetime import datetime
from typing import Any

from plugin_operator import logs
from plugin_operator.controllers import ControllerStatus
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.environment import Environment
from plugin_operator.hosting.reporting.missing_report import MissingReport
from plugin_operator.hosting.reporting.states import PluginState, may_follow
from plugin_operator.hosting.reporting.status import PluginStatus
from plugin_operator.hosting.runtime.controller_failures import ControllerFailures
from plugin_operator.hosting.runtime.misbehavior import Misbehavior
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.hosting.validation.protocol import bytes_of
from plugin_operator.metrics.declaration import counter, gauge
from plugin_operator.plugin import ControllerDeclaration

PLUGIN_INFO = gauge("plugin_operator_plugin_info", "Loaded revisions", "plugin", "revision", "digest", merge="highest")

PLUGIN_STATE = gauge(
    "plugin_operator_plugin_state", "1 for the state a plugin is in", "plugin", "state", merge="highest"
)

PLUGIN_RELOADS = counter("plugin_operator_plugin_reloads_total", "Loads of a revision", "plugin", "result")

PLUGIN_LOAD_ERRORS = counter("plugin_operator_plugin_load_errors_total", "Rejected revisions", "plugin", "reason")

_log = logs.get_logger(__name__)

_MAY_LACK = frozenset({PluginState.ACTIVE, PluginState.WAITING})
_TROUBLED = frozenset({PluginState.WAITING, PluginState.REJECTED, PluginState.QUARANTINED})


class StatusReporter:
    """State and reason of one plugin; every state change goes through ``move``.

    Attributes:
        path, line: location for ``reason``.
        candidate: digest of the current file, if it is not the active one.
        awaits: keys of the caches for which the current file waits.
        missing: the rules that it lacks, as far as the API server has reported.
        reloads: number of revisions that have become active.
        peers: the other worker processes; None if there are none.
        swap_seconds: duration of the last swap, from the last reconcile of the old code to the first of the new.
    """

    def __init__(self, name: str, path: str, environment: Environment) -> None:
        self.name = name
        self.state = PluginState.DISCOVERED
        self.since: datetime = environment.clock.now()
        self.reason = ""
        self.path = path
        self.line: int | None = None
        self.candidate = ""
        self.awaits: frozenset[Any] = frozenset()
        self.missing = MissingReport(name)
        self.reloads = 0
        self.swap_seconds = 0.0
        self._rolled_back = "", ""
        self._waits_for = ""
        self._rejected_for = "", ("", 0, "")
        self._clock = environment.clock
        self.peers = environment.peers
        self._metrics = environment.metrics
        self._load_errors = environment.metrics.family(PLUGIN_LOAD_ERRORS)
        self._metrics.family(PLUGIN_STATE).set(1, name, self.state)

    def move(self, state: PluginState, reason: str = "") -> None:
        """Change to ``state``.

        Raises:
            RuntimeError: ``states`` has no such transition, which is a bug.
        """
        if not may_follow(self.state, state):
            raise RuntimeError(f"plugin {self.name} cannot go from {self.state} to {state}")
        self.reason = reason
        self.awaits = frozenset()
        if state not in _MAY_LACK:
            self.missing.hide()
        if state is self.state:
            return
        self._metrics.family(PLUGIN_STATE).remove(self.name, self.state)
        self._metrics.family(PLUGIN_STATE).set(1, self.name, state)
        self.state = state
        self.since = self._clock.now()

    def swapped(self, seconds: float) -> None:
        """Record the duration of a swap."""
        self.swap_seconds = seconds

    def follows(self, path: str) -> None:
        """Record that the active revision is the file at ``path``."""
        self.path, self.line, self.candidate = path, None, ""

    def skip(self, digest: str, reason: str) -> None:
        """Report that the content of the file was rolled back before."""
        self.candidate = digest
        self.move(PluginState.QUARANTINED, reason)

    def stopped(self, reason: str) -> None:
        """Report that the active revision was stopped, because it ends worker processes."""
        self._metrics.family(PLUGIN_INFO).remove_where("plugin", self.name)
        _log.error("Plugin stopped", plugin=self.name, reason=reason)

    def begin(self, digest: str) -> None:
        """Report that content is being tried; content that was rejected stays so while it is tried again."""
        if self.state is not PluginState.REJECTED or self.candidate != digest:
            self.move(PluginState.VALIDATING)

    def reject(self, error: PluginRejected, digest: str, runtime: RevisionRuntime | None) -> None:
        """Report that the file was rejected; the log has a rejection that is tried again once for each reason."""
        known, self._rejected_for = self._rejected_for, (digest, (error.path, error.line or 0, error.reason))
        is_new = self.candidate != digest or known != self._rejected_for
        self.path = error.path or self.path
        self.line = error.line
        self.candidate = digest
        self.move(PluginState.REJECTED, error.reason)
        self._load_errors.inc(self.name, "rejected")
        self._metrics.family(PLUGIN_RELOADS).inc(self.name, "rejected")
        if is_new:
            _log.error(
                "Plugin rejected",
                plugin=self.name,
                path=self.path,
                line=self.line,
                reason=error.reason,
                running_revision=runtime.label if runtime is not None else None,
            )

    def wait(self, error: PluginRejected, digest: str, caches: frozenset[Any]) -> None:
        """Report that the file waits until the API server serves the kinds it needs."""
        is_new = (self.candidate, self._waits_for) != (digest, error.reason)
        self.path, self.line, self.candidate, self._waits_for = (
            error.path or self.path,
            error.line,
            digest,
            error.reason,
        )
        self.missing.show(digest)
        self.move(PluginState.WAITING, _joined(error.reason, self.missing.text))
        self.awaits = caches
        if is_new:
            _log.warning("Plugin edit waits for the API server", plugin=self.name, path=self.path, reason=error.reason)

    def update_wait(self) -> None:
        """Add to the reason of a waiting file what it lacks by now."""
        self.missing.show(self.candidate)
        self.reason = _joined(self._waits_for, self.missing.text)

    def settle(self, runtime: RevisionRuntime, *notes: str) -> None:
        """Report the active revision: waiting for caches, lacking write permissions, or healthy."""
        self.missing.show(runtime.digest if runtime.waiting or runtime.permissions.denied else "")
        synchronizers = [each.scope.children for each in runtime.bound.values()]
        gates = [each.long_closed for each in synchronizers if each is not None]
        reason = _joined(runtime.waiting, self.missing.text or runtime.permissions.lacking, *notes, *gates)
        # The file has the content that runs again, or what it waited for is there.
        heals = self.state in _TROUBLED and not runtime.waiting
        self.move(PluginState.WAITING if runtime.waiting else PluginState.ACTIVE, reason)
        if heals:
            _log.info("Plugin active", plugin=self.name, revision=runtime.label, controllers=sorted(runtime.bound))

    def quarantine(self, bad: RevisionRuntime, restored: RevisionRuntime, elsewhere: str = "") -> None:
        """Report that a revision was rolled back; ``elsewhere`` is the reason of the worker that began."""
        health = bad.health
        reason = elsewhere or (
            f"revision {bad.label} failed {health.failed} of {health.failed + health.succeeded} reconciles right after "
            f"the swap ({health.last_error}) and was rolled back to {restored.label}: change the file to try again"
        )
        self.candidate = bad.digest
        self._rolled_back = bad.digest, health.last_kind
        self.move(PluginState.QUARANTINED, reason)
        self._metrics.family(PLUGIN_RELOADS).inc(self.name, "rolled_back")
        _log.error("Plugin rolled back", plugin=self.name, revision=bad.label, restored=restored.label, reason=reason)

    def activated(self, new: RevisionRuntime, old: RevisionRuntime | None, path: str) -> None:
        """Report that a revision has become active, reconciling or waiting."""
        self.follows(path)
        self.reloads += 1
        self.show_revision(new, old)
        self._metrics.family(PLUGIN_RELOADS).inc(self.name, "success")
        facts = {
            "plugin": self.name,
            "revision": new.label,
            "controllers": sorted(new.bound),
            "replaced": old.label if old is not None else None,
            "swap_milliseconds": round(self.swap_seconds * 1000, 1),
        }
        if new.waiting:
            _log.warning("Plugin waits for the API server", **facts, reason=new.waiting)
        else:
            _log.info("Plugin active", **facts)
        if old is not None:
            self._warn_of_lost_ids(new, old)
        for leftover in new.leftovers:
            _log.warning("Plugin import has side effects", plugin=self.name, revision=new.label, what=leftover)

    def _warn_of_lost_ids(self, new: RevisionRuntime, old: RevisionRuntime) -> None:
        """Warn of what becomes of the marks of replaced controllers, as after a rename."""
        before = {each.declaration.id: each.declaration for each in old.bound.values()}
        now = {known: each.declaration for each in new.bound.values() for known in each.scope.identity.ids}
        replaced_by = sorted(now[each].name for each in now.keys() - before.keys())
        for lost in sorted(before.keys() - now.keys()) if replaced_by else ():
            _log.warning(
                "Controller replaced by one with another id",
                plugin=self.name,
                revision=new.label,
                gone=before[lost].name,
                replaced_by=replaced_by,
                way_out=_way_out_of_rename(before[lost]),
            )

    def snapshot(
        self,
        runtime: RevisionRuntime | None,
        controllers: tuple[ControllerStatus, ...],
        failures: tuple[ControllerFailures, ...],
        charges: tuple[Misbehavior, ...],
    ) -> PluginStatus:
        """Return the current status of the plugin.

        Args:
            runtime: the active revision, or None.
            controllers: status of its controllers.
            failures: failures of its controllers.
            charges: misbehavior of the revision.
        """
        return PluginStatus(
            name=self.name,
            path=self.path,
            line=self.line,
            state=self.state,
            since=self.since,
            reason=self.reason,
            revision=runtime.label if runtime is not None else "",
            digest=runtime.digest if runtime is not None else "",
            candidate=self.candidate,
            missing=self.missing.shown,
            awaits=self.awaits or (runtime.blocked if runtime is not None else frozenset()),
            controllers=controllers,
            leftovers=runtime.leftovers if runtime is not None else (),
            reloads=self.reloads,
            tasks=len(runtime.tasks.running()) if runtime is not None else 0,
            charges=charges if runtime is not None else (),
            failures=failures if runtime is not None else (),
            rolled_back_for=self._rolled_back[1] if self.candidate == self._rolled_back[0] else "",
        )

    def show_revision(self, new: RevisionRuntime, old: RevisionRuntime | None) -> None:
        """Update the metrics to the active revision, and tell the other worker processes."""
        if old is not None:
            self._metrics.family(PLUGIN_INFO).remove(self.name, old.label, old.digest)
        self._metrics.family(PLUGIN_INFO).set(1, self.name, new.label, new.digest)
        if self.peers is not None:
            self.peers.sources.runs(self.name, new.digest, bytes_of(new.revision.source))

    def unloaded(self) -> None:
        """Tell the other worker processes that a later one must not load the plugin."""
        if self.peers is not None:
            self.peers.sources.runs(self.name, "", b"")

    def hold(self, reason: str) -> None:
        """Report that the file was deleted while objects have finalizers of the plugin."""
        is_new = self.state is not PluginState.HELD
        self.move(PluginState.HELD, f"its file was deleted, but {reason}")
        self._metrics.family(PLUGIN_INFO).remove_where("plugin", self.name)
        if is_new:
            _log.warning("Plugin held by finalizers", plugin=self.name, reason=self.reason)

    def retired(self) -> None:
        """Report that the plugin was unloaded, and remove its series."""
        self.move(PluginState.RETIRED)
        self._metrics.drop_plugin(self.name)
        _log.info("Plugin retired", plugin=self.name)


def _way_out_of_rename(lost: ControllerDeclaration) -> str:
    """Return what to write, and what becomes of the marks of a controller without it; see ``PluginFinalizers``."""
    gone = "the finalizer of its cleanup= is taken off without a cleanup after the probation of this edit, and "
    stays = "its children, fields and other finalizers keep the old id"
    otherwise = f"{gone}{stays}" if lost.cleanup is not None else stays
    return f"write renamed_from={lost.id!r} in its successor, which takes its objects over; otherwise {otherwise}"


def _joined(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))
