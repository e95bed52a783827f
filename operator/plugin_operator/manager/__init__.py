"""The life of the process: what runs, in which order it starts and stops, and with which status it ends.

Owns order, deadlines, signals, exit codes and the watch over the event loop. What runs is handed in by ``app``.
"""

from plugin_operator.manager.event_loop import run_in_loop
from plugin_operator.manager.manager import Manager
from plugin_operator.manager.process_guards import ProcessBelongings
from plugin_operator.manager.runnable import FailureCallback, Runnable
from plugin_operator.manager.signals import StopSignals, leave_now
from plugin_operator.manager.watchdog import LoopWatchdog

__all__ = [
    "FailureCallback",
    "LoopWatchdog",
    "Manager",
    "ProcessBelongings",
    "Runnable",
    "StopSignals",
    "leave_now",
    "run_in_loop",
]
