"""Ownership of tasks: the revision whose code runs, and the tasks that its code has spawned.

A context variable holds the running revision. A task factory on the event loop adds each new task to the list of that
revision. So an unload can cancel and report tasks that the plugin left running.
"""

import asyncio
import contextvars
import inspect
import weakref
from collections.abc import Callable, Coroutine, Generator
from types import CoroutineType
from typing import Any, Protocol, cast

from plugin_operator import logs
from plugin_operator.containment import Around
from plugin_operator.errors import PluginOperatorError
from plugin_operator.kube import NamespacedName
from plugin_operator.plugin.runtime.exit_containment import Contained

AnyTask = asyncio.Task[Any]
_current: contextvars.ContextVar["RevisionTasks | None"] = contextvars.ContextVar("plugin_revision", default=None)


#: Most unfinished tasks of a plugin, to bound its memory.
MAX_TASKS = 10_000


class TooManyTasks(PluginOperatorError):
    """A plugin has too many unfinished tasks, which it neither awaits nor cancels."""


class RevisionTasks:
    """The running tasks that the code of one revision has spawned.

    Args:
        plugin, revision: owner of the code.
        around: returns what is called before and after each step of a task, given the reconcile that spawns the task;
            None for nothing.
    """

    __slots__ = ("__weakref__", "_tasks", "around", "plugin", "revision")

    def __init__(
        self, plugin: str, revision: str, around: "Callable[[Reconcile | None], Around] | None" = None
    ) -> None:
        self.plugin = plugin
        self.revision = revision
        self.around = around
        self._tasks: weakref.WeakSet[AnyTask] = weakref.WeakSet()
        _known[plugin, revision] = self

    def add(self, task: AnyTask) -> None:
        """Add a task to those of this revision."""
        self._tasks.add(task)

    def check(self) -> None:
        """Check that the revision may spawn another task.

        Raises:
            TooManyTasks: the revision has reached the limit.
        """
        if len(self._tasks) >= MAX_TASKS and len(self.running()) >= MAX_TASKS:
            raise TooManyTasks(f"plugin {self.plugin} has {MAX_TASKS} unfinished tasks: await or cancel them")

    def running(self) -> list[AnyTask]:
        """Return the unfinished tasks, in no particular order."""
        return [task for task in self._tasks if not task.done()]

    def adopt(self) -> None:
        """Add the tasks of this revision's code that bypassed the task factory.

        ``asyncio.Task(coroutine)`` does not call the factory. The code of the coroutine identifies such a task.
        """
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if _owner_by_code(task.get_coro()) is self:
                self.add(task)

    def mark(self) -> None:
        """Set this revision as the owner of code that runs in the current context."""
        _current.set(self)


_known: weakref.WeakValueDictionary[tuple[str, str], RevisionTasks] = weakref.WeakValueDictionary()


def _owner_by_code(coroutine: object) -> RevisionTasks | None:
    """Return the revision to whose files a coroutine's code belongs, for tasks from threads without a context."""
    if type(coroutine) is not CoroutineType:
        return None
    found = logs.owner_of("", coroutine.cr_code.co_filename)
    return _known.get(found[:2]) if found is not None else None


class Reconcile(Protocol):
    """The current reconcile; ``Context`` implements it."""

    @property
    def controller(self) -> str:
        """Name of the controller."""

    @property
    def reconcile_id(self) -> str:
        """Id of the reconcile in log lines."""

    @property
    def request(self) -> NamespacedName:
        """Request of the reconcile."""


_reconcile: contextvars.ContextVar["Reconcile | None"] = contextvars.ContextVar("plugin_reconcile", default=None)


def mark_reconcile(reconcile: Reconcile) -> None:
    """Set the reconcile of code that runs in the current context."""
    _reconcile.set(reconcile)


def current_fields() -> dict[str, str]:
    """Return the log fields of the running code; empty outside of plugins."""
    revision = _current.get()
    return _fields(revision, _reconcile.get()) if revision is not None else {}


def _line_fields() -> dict[str, str]:
    revision, reconcile = _current.get(), _reconcile.get()
    if revision is None or reconcile is None:
        return current_fields()
    namespace, name = reconcile.request
    return {**_fields(revision, reconcile), "namespace": namespace, "name": name}


logs.name_running_code(_line_fields)


def fields_of_task(task: AnyTask) -> dict[str, str]:
    """Return the log fields of a task; empty if no plugin has spawned it."""
    coroutine = task.get_coro()
    if type(coroutine) is not Contained or coroutine.whose is None:
        return {}
    return _fields(*coroutine.whose)


def _fields(revision: RevisionTasks, reconcile: "Reconcile | None") -> dict[str, str]:
    known = {"plugin": revision.plugin, "revision": revision.revision}
    if reconcile is None:
        return known
    return {**known, "controller": reconcile.controller, "reconcile_id": reconcile.reconcile_id}


def current_revision() -> RevisionTasks | None:
    """Return the revision whose code is running, or None."""
    return _current.get()


def install_task_factory(loop: asyncio.AbstractEventLoop) -> None:
    """Install a task factory on ``loop`` that records tasks of plugins; it wraps an existing factory."""
    previous = loop.get_task_factory()
    if getattr(previous, "notes_plugin_tasks", False):
        return

    def make(
        loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any] | Generator[Any, None, Any], **options: Any
    ) -> asyncio.Future[Any]:
        owner = None if _is_shared_work(coroutine) else _current.get() or _owner_by_code(coroutine)
        if owner is not None:
            try:
                owner.check()
            except TooManyTasks:
                if inspect.iscoroutine(coroutine):
                    coroutine.close()
                raise
            reconcile = _reconcile.get()
            around = None if owner.around is None else owner.around(reconcile)
            coroutine = Contained(coroutine, (owner, reconcile), around)
        if previous is not None:
            task = previous(loop, cast("Coroutine[Any, Any, Any]", coroutine), **options)
        else:
            task = asyncio.Task(cast("Coroutine[Any, Any, Any]", coroutine), loop=loop, **options)
        if owner is not None:
            owner.add(cast("AnyTask", task))
        return task

    make.notes_plugin_tasks = True  # type: ignore[attr-defined] # how a second call recognises its own factory
    loop.set_task_factory(make)


def _is_shared_work(coroutine: object) -> bool:
    """Report whether a task was started by aiohttp's connector on behalf of all requests to one host."""
    code = getattr(coroutine, "cr_code", None)
    return code is not None and "aiohttp" in code.co_filename
