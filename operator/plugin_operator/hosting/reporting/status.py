"""``PluginStatus``: the status of a plugin for ``/status``, CLI and logs."""

from datetime import datetime
from typing import Any

import msgspec

from plugin_operator.controllers import ControllerStatus
from plugin_operator.hosting.permissions.missing_rules import MissingRules
from plugin_operator.hosting.reporting.states import PluginState
from plugin_operator.hosting.runtime.controller_failures import ControllerFailures
from plugin_operator.hosting.runtime.misbehavior import Misbehavior, MisbehaviorKind


class PluginStatus(msgspec.Struct, frozen=True):
    """A snapshot of one plugin.

    Attributes:
        name: the file without ``.py``, or the folder.
        path: the file, or the file that ``reason`` is about.
        line: 1-based line in it, or None.
        state: state of the plugin.
        since: time of the last state change.
        reason: what is wrong; empty if nothing is.
        revision: the active revision; empty if there is none.
        digest: digest of the active revision.
        candidate: digest of the current file, if it is not the active one.
        awaits: keys of the caches that wait for the API server: those for which the current file waits, else those of
            the active revision.
        missing: rules that the plugin lacks, as far as the API server has reported.
        controllers: status of the controllers of the active revision.
        leftovers: side effects of its import.
        reloads: number of revisions that have become active.
        failures: failures of each controller.
        tasks: number of unfinished tasks that its code has spawned.
        charges: misbehavior of the plugin.
        rolled_back_for: class of the last exception of a rolled-back revision with file and line, without its message;
            empty if it is unknown, or if the file has changed since.
    """

    name: str
    path: str
    line: int | None
    state: PluginState
    since: datetime
    reason: str = ""
    revision: str = ""
    digest: str = ""
    candidate: str = ""
    awaits: frozenset[Any] = frozenset()
    missing: tuple[MissingRules, ...] = ()
    controllers: tuple[ControllerStatus, ...] = ()
    leftovers: tuple[str, ...] = ()
    reloads: int = 0
    failures: tuple[ControllerFailures, ...] = ()
    tasks: int = 0
    charges: tuple[Misbehavior, ...] = ()
    rolled_back_for: str = ""

    @property
    def placed_reason(self) -> str:
        """The reason, prefixed with file and line if there is a line; empty if nothing is wrong."""
        return f"{self.path}:{self.line}: {self.reason}" if self.reason and self.line else self.reason

    @property
    def failing(self) -> str:
        """Last error of a controller that fails most of the time; empty if there is none."""
        return next((each.last.error for each in self.failures if each.keeps_failing and each.last is not None), "")

    @property
    def keeps_failing(self) -> bool:
        """Whether one of its controllers fails most of the time."""
        return any(each.keeps_failing for each in self.failures)

    @property
    def failure_summary(self) -> str:
        """All failures in one line of text; empty if there are none."""
        return "; ".join(each.summary for each in self.failures if each.summary)

    @property
    def hanging(self) -> str:
        """The reconcile that does not end, its location, and how to fix it; empty if there is none."""
        hangs = next((each for each in self.charges if each.how is MisbehaviorKind.HANGS), None)
        if hangs is None:
            return ""
        return f"{hangs.stack[0]}: {hangs.detail}" if hangs.stack else hangs.detail

    def as_dict(self) -> dict[str, Any]:
        """Return the status as JSON-like values, which contain names of objects but not their data."""
        failures = {each.controller: each for each in self.failures}
        return {
            "name": self.name,
            "path": self.path,
            "line": self.line,
            "state": str(self.state),
            "since": self.since.isoformat(),
            "reason": self.reason,
            "placedReason": self.placed_reason,
            "revision": self.revision,
            "digest": self.digest,
            "candidate": self.candidate,
            "missingPermissions": [each.as_dict() for each in self.missing],
            "controllers": [each.name for each in self.controllers],
            "controllerStatus": [_controller(each, failures.get(each.name)) for each in self.controllers],
            "leftovers": list(self.leftovers),
            "reloads": self.reloads,
            "failing": self.failing,
            "failures": self.failure_summary,
            "tasks": self.tasks,
            "misbehaving": [
                {"how": each.how, "detail": each.detail, "since": each.since.isoformat(), "stack": list(each.stack)}
                for each in self.charges
            ],
        }


def _failures(failures: ControllerFailures | None) -> dict[str, Any]:
    failures = failures or ControllerFailures("")
    last = failures.last
    return {
        "objects": failures.objects,
        "names": list(failures.names),
        "handlers": failures.code,
        "keepsFailing": failures.keeps_failing,
        "last": None
        if last is None
        else {"what": last.what, "error": last.error, "places": list(last.places), "at": last.at.isoformat()},
    }


def _controller(status: ControllerStatus, failures: ControllerFailures | None) -> dict[str, Any]:
    return {
        "name": status.name,
        "revision": status.revision,
        "started": status.is_started,
        "synced": status.has_synced,
        "queueDepth": status.queue_depth,
        "delayed": status.delayed,
        "waitingNamespaces": list(status.waiting_namespaces),
        "schedules": [
            {
                "schedule": each.schedule,
                "last": each.last.isoformat() if each.last is not None else None,
                "due": each.due.isoformat() if each.due is not None else None,
                "problem": each.problem,
            }
            for each in status.schedules
        ],
        "inFlight": [
            {"request": str(each.request), "revision": each.revision, "seconds": each.seconds, "stuck": each.is_stuck}
            for each in status.in_flight
        ],
        "maxConcurrentReconciles": status.max_concurrent_reconciles,
        "reconciles": dict(status.reconciles),
        "failing": {str(request): str(failing.error) for request, failing in status.failing.items()},
        "failures": _failures(failures),
        "informers": [
            {
                "kind": str(each.key),
                "state": each.state,
                "reason": each.reason,
                "objects": each.objects,
                "synced": each.has_synced,
            }
            for each in status.informers
        ],
    }
