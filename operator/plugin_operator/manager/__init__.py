"""The manager: starts and stops Runnables, and decides the exit status.

Owns order, deadlines, signals, exit statuses and the event loop watchdog. ``app`` passes the Runnables in.
"""

from plugin_operator.manager.election import Election
from plugin_operator.manager.event_loop import run_in_loop
from plugin_operator.manager.manager import Manager
from plugin_operator.manager.process_guards import ProcessBelongings
from plugin_operator.manager.runnable import FailureCallback, Runnable
from plugin_operator.manager.signals import StopSignals, before_leaving, leave_now
from plugin_operator.manager.watchdog import LoopWatchdog

__all__ = [
    "Election",
    "FailureCallback",
    "LoopWatchdog",
    "Manager",
    "ProcessBelongings",
    "Runnable",
    "StopSignals",
    "before_leaving",
    "leave_now",
    "run_in_loop",
]
