"""Background tasks: each has an owner, and one that ends unexpectedly is restarted.

Owns three kinds of task:

- a *service* (``TaskOwner.serve``) runs until its owner stops it; any other end is an error, and it is restarted;
- a *job* (``TaskOwner.complete``) runs until it returns; if it raises or is cancelled, it is restarted;
- a *one-shot* (``TaskOwner.spawn``) is not restarted: a failure is logged and passed to ``on_error``.

``TaskSupervisor`` tracks the services and jobs that are down. The code of a service or job must tolerate a restart at
any point.
"""

from plugin_operator.tasks.owner import TaskOwner
from plugin_operator.tasks.service import Service
from plugin_operator.tasks.supervisor import PROVEN_SECONDS, TaskSupervisor
from plugin_operator.tasks.threads import TaskBroke, run_thread
from plugin_operator.tasks.waiting import AnyFuture, AnyTask, cancel_and_wait, start_task, wait_until_done

__all__ = [
    "PROVEN_SECONDS",
    "AnyFuture",
    "AnyTask",
    "Service",
    "TaskBroke",
    "TaskOwner",
    "TaskSupervisor",
    "cancel_and_wait",
    "run_thread",
    "start_task",
    "wait_until_done",
]
