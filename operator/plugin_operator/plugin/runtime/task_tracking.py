"""Whose code is running: which revision a task belongs to, and the tasks its code spawned.

A context variable names the running revision; a task factory on the event loop writes every task that is made under it
into that revision's list, so that an unload can cancel what the author forgot and a report can name it.
"""

import asyncio
import contextvars
import inspect
import weakref
from collections.abc import Coroutine, Generator
from types import CoroutineType
from typing import Any, Protocol, cast

from plugin_operator import logs
from plugin_operator.errors import PluginOperatorError
from plugin_operator.kube import NamespacedName
from plugin_operator.plugin.runtime.exit_containment import Contained

AnyTask = asyncio.Task[Any]
_current: contextvars.ContextVar["RevisionTasks | None"] = contextvars.ContextVar("plugin_revision", default=None)


#: How many unfinished tasks a plugin may have; beyond that it cannot spawn more, so that it cannot eat all memory.
MAX_TASKS = 10_000


class TooManyTasks(PluginOperatorError):
    """A plugin has spawned more tasks than it may have unfinished: it forgets to await or to end them."""


class RevisionTasks:
    """The tasks that one revision's code has spawned and that still run."""

    __slots__ = ("__weakref__", "_tasks", "plugin", "revision")

    def __init__(self, plugin: str, revision: str) -> None:
        self.plugin = plugin
        self.revision = revision
        self._tasks: weakref.WeakSet[AnyTask] = weakref.WeakSet()
        _known[plugin, revision] = self

    def add(self, task: AnyTask) -> None:
        """Remember a task as spawned by this revision."""
        self._tasks.add(task)

    def check(self) -> None:
        """Refuse one more task if there are too many.

        Raises:
            TooManyTasks: there are.
        """
        if len(self._tasks) >= MAX_TASKS and len(self.running()) >= MAX_TASKS:
            raise TooManyTasks(f"plugin {self.plugin} has {MAX_TASKS} unfinished tasks: await or cancel them")

    def running(self) -> list[AnyTask]:
        """Return those that have not ended, oldest knowledge of order not kept."""
        return [task for task in self._tasks if not task.done()]

    def adopt(self) -> None:
        """Remember the tasks of this revision's code that the event loop's factory did not make.

        ``asyncio.Task(coroutine)`` asks no factory. Such a task is known by its coroutine's code.
        """
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if _owner_by_code(task.get_coro()) is self:
                self.add(task)

    def mark(self) -> None:
        """Say, in the current context, that this revision's code runs in it."""
        _current.set(self)


_known: weakref.WeakValueDictionary[tuple[str, str], RevisionTasks] = weakref.WeakValueDictionary()


def _owner_by_code(coroutine: object) -> RevisionTasks | None:
    """Return the revision whose files a coroutine's code is from; a plain thread has no context that says it."""
    if type(coroutine) is not CoroutineType:
        return None
    found = logs.owner_of("", coroutine.cr_code.co_filename)
    return _known.get(found[:2]) if found is not None else None


class Reconcile(Protocol):
    """The reconcile that code runs in; ``Context`` is one."""

    @property
    def controller(self) -> str:
        """Name of the controller."""

    @property
    def reconcile_id(self) -> str:
        """Its id in log lines."""

    @property
    def request(self) -> NamespacedName:
        """Its object."""


_reconcile: contextvars.ContextVar["Reconcile | None"] = contextvars.ContextVar("plugin_reconcile", default=None)


def mark_reconcile(reconcile: Reconcile) -> None:
    """Say, in the current context, which reconcile its code belongs to."""
    _reconcile.set(reconcile)


def current_fields() -> dict[str, str]:
    """Return what a log line about the code that runs now should carry; empty outside of plugins."""
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
    """Return what a log line about a task should carry; empty if no plugin has spawned it."""
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
    """Return the revision whose code runs now, if any."""
    return _current.get()


def install_task_factory(loop: asyncio.AbstractEventLoop) -> None:
    """Make ``loop`` note the tasks that plugins spawn; a factory that is set already goes on making them."""
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
            coroutine = Contained(coroutine, (owner, _reconcile.get()))
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
    """Tell the tasks that aiohttp's connector starts on behalf of all who wait for the same host."""
    code = getattr(coroutine, "cr_code", None)
    return code is not None and "aiohttp" in code.co_filename
