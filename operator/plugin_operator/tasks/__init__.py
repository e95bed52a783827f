"""Owning tasks: every background task has an owner, and one that ends unasked has a successor.

Owns three kinds of task and what follows from their end:

- a *service* (``TaskOwner.serve``) runs for ever: whatever ends it but its owner is an error, and it is started again;
- a *job* (``TaskOwner.complete``) has to come to its end: started again until it returns;
- a *one-shot* (``TaskOwner.spawn``) is not repeated: a failure is logged and its owner is told.

``TaskSupervisor`` knows the services and jobs of the process that do not work now. What a task does is left to whoever
spawns it; what a service or job finds when it is started again has to be right for it.
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
