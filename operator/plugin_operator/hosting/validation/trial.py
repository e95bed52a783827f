"""One trial in a forked child, from the request to the verdict.

Owns the isolation of untested plugin code in the child. Leaves forking, deadlines and reaping to ``forkserver``.
"""

import asyncio
import contextlib
import ctypes
import faulthandler
import os
import resource
import signal
import time
from pathlib import Path
from typing import NoReturn

import msgspec

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.loading.loader import IMPORT_THREADS, Loader
from plugin_operator.hosting.validation.protocol import TrialRequest, Verdict, frame
from plugin_operator.hosting.validation.side_effects import Watchman
from plugin_operator.plugin import summary
from plugin_operator.rendering import class_name, valid_unicode

_MAX_DATA_BYTES = 2 * 1024**3
_MAX_PROCESSES = 4096
_MAX_METRICS = 10_000
_DUMP_BEFORE_DEADLINE = 0.9
# A quarter of the operator's share of a contended processor; an import still ends before its deadline.
_NICENESS = 5
_PR_SET_PDEATHSIG = 1


def run_trial(request: TrialRequest, parent: int, verdict_to: int, trace_to: int, output_to: int) -> NoReturn:
    """Import the plugin, write the verdict, and exit the process without clean-up.

    Args:
        request: the plugin to try.
        parent: process id of the fork server; this process ends with it.
        verdict_to: file descriptor for the framed verdict.
        trace_to: file descriptor for a stack dump if the import crashes or hangs.
        output_to: file descriptor for the output of the import, which the fork server counts.
    """
    try:
        _end_with(parent)
        _fence(request.deadline_seconds, trace_to, output_to)
        verdict = frame(_judge(request))
        while verdict:
            verdict = verdict[os.write(verdict_to, verdict) :]
    finally:
        # Skip atexit callbacks and other exit handlers of the plugin.
        os._exit(0)


def _end_with(parent: int) -> None:
    """Let the kernel kill this process when its parent ends, because an import may kill or stop the parent."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _fence(deadline_seconds: float, trace_to: int, output_to: int) -> None:
    os.setsid()
    give_way()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor in (1, 2):
        os.dup2(output_to, descriptor)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    faulthandler.enable(trace_to)
    faulthandler.dump_traceback_later(deadline_seconds * _DUMP_BEFORE_DEADLINE, file=trace_to)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, int(deadline_seconds) + 2)
    _limit(resource.RLIMIT_DATA, _MAX_DATA_BYTES)
    _limit(resource.RLIMIT_NPROC, _MAX_PROCESSES)
    try:
        # If the container runs out of memory, the kernel should kill this process, not the operator.
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    except OSError:
        return


def give_way() -> None:
    """Lower the priority of this process, so that the operator's event loop runs first if processors are few."""
    if os.getpriority(os.PRIO_PROCESS, 0) < _NICENESS:
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
    try:
        # With autogroup scheduling, niceness counts only within a session, and this process has its own.
        Path("/proc/self/autogroup").write_text(str(_NICENESS), "ascii")
    except OSError:
        return


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(which, (lower, lower))
    except (OSError, ValueError):
        return  # not every platform has every limit


def _judge(request: TrialRequest) -> Verdict:
    started = time.monotonic()
    watchman = Watchman()
    try:
        revision = asyncio.run(Loader().load(request.source()))
    except PluginRejected as error:
        others = [(each.reason, each.path, each.line) for each in error.others]
        return Verdict(request.id, error.reason, error.path, error.line, others, seconds=time.monotonic() - started)
    except Exception as error:  # noqa: BLE001 - report the error instead of exiting without a verdict
        reason = f"the operator cannot load it: {class_name(error)}; please report this"
        return Verdict(request.id, reason, request.path, seconds=time.monotonic() - started)
    left = watchman.compare(own_threads=IMPORT_THREADS)
    return Verdict(
        id=request.id,
        reason="; ".join(left.harmful),
        path=request.path if left.harmful else "",
        declarations=[summary(each) for each in revision.declarations],
        definitions=[msgspec.to_builtins(version) for kind in revision.kinds for version in kind.versions],
        metrics=_names_of_metrics(revision.modules.metrics.names),
        leftovers=[*left.notable, *revision.leftovers],
        seconds=time.monotonic() - started,
    )


def _names_of_metrics(names: frozenset[str]) -> list[str]:
    """Return names as text that can be encoded: a plugin's collector may describe metrics with names of any type."""
    return sorted(valid_unicode(each) for each in names if type(each) is str)[:_MAX_METRICS]
