"""``MarkedCode``: marks the code of one revision while it runs in a worker process."""

import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, TypeVar

from plugin_operator.controllers import Reconciler, Request, Result
from plugin_operator.processes.blame.held_objects import HeldObjects
from plugin_operator.processes.blame.marks import CodeMarks, Mark, encoded

T = TypeVar("T")


class Marking:
    """The marks of a worker process.

    Args:
        marks: where it notes what runs.
        held: objects that are not reconciled, because they have ended workers.
    """

    def __init__(self, marks: CodeMarks, held: HeldObjects) -> None:
        self._marks = marks
        self._held = held

    def reconciler(self, of: Mark, reconcile: Reconciler) -> Reconciler:
        """Return a reconciler that is marked while it runs, and refuses objects that are held.

        Args:
            of: the mark, without an object.
            reconcile: the reconciler.
        """
        marks, held = self._marks, self._held.of(of.plugin, of.digest, of.controller)

        async def marked(request: Request) -> Result | None:
            if held and request in held:
                held.refuse(request)
            mark = Mark(
                of.plugin, of.digest, of.what, of.controller, request.namespace, request.name, in_thread=of.in_thread
            )
            index = marks.begin(mark)
            try:
                return await stepwise(marks, index, _awaited(reconcile, request))
            finally:
                marks.end(index)

        return marked

    async def hook(self, of: Mark, hook: Callable[[], Awaitable[T]]) -> T:
        """Call a hook, marked while it runs, and return its result."""
        index = self._marks.begin(of)
        try:
            return await stepwise(self._marks, index, _awaited(hook))
        finally:
            self._marks.end(index)

    def shared(self, of: Mark) -> "SharedMark":
        """Return the mark of short pieces of code that run one after the other."""
        return SharedMark(self._marks, of)


class SharedMark:
    """Marks code that neither waits nor has an object, such as a predicate or one step of a task.

    Args:
        marks: where it notes what runs.
        mark: the code.
    """

    __slots__ = ("_marks", "_text")

    def __init__(self, marks: CodeMarks, mark: Mark) -> None:
        self._marks = marks
        self._text = encoded(mark)

    def enter(self) -> int:
        """Note that the code gets on the event loop, and return what to pass to ``leave`` after it."""
        return self._marks.enter_shared(self._text)

    def leave(self, before: int) -> None:
        """Note that the code is off the event loop again."""
        self._marks.leave_shared(before)


@types.coroutine
def stepwise(marks: CodeMarks, index: int, coroutine: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Await ``coroutine``, and mark its entry while it is on the event loop.

    Raises:
        BaseException: any exception of the coroutine, unchanged.
    """
    step: Any = coroutine.send
    value: Any = None
    while True:
        before = marks.enter(index)
        try:
            yielded = step(value)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            marks.leave(before)
        try:
            value = yield yielded
            step = coroutine.send
        except GeneratorExit:
            coroutine.close()
            raise
        except BaseException as error:  # noqa: BLE001 - thrown into the coroutine
            step, value = coroutine.throw, error


async def _awaited(function: Callable[..., Awaitable[T]], *args: Any) -> T:
    return await function(*args)
