"""``Suspicion``: the code that may have ended a worker, judged by what ran when it ended."""

import msgspec

from plugin_operator.processes.blame.endings import Ending, EndKind
from plugin_operator.processes.blame.marks import Mark, Running


class Suspicion(msgspec.Struct, frozen=True):
    """What may have ended a worker.

    Attributes:
        marks: the code that may have done it; empty if there is none.
        is_certain: whether it is the only code that can have done it.
        on_loop: whether it was on the event loop at the end.
    """

    marks: tuple[Mark, ...] = ()
    is_certain: bool = False
    on_loop: bool = False


def suspicion_of(ending: Ending, running: Running, before: Running | None = None) -> Suspicion:
    """Return what may have ended a worker.

    Args:
        ending: how it has ended.
        running: what it ran at the end.
        before: what it ran some seconds before, if its event loop was blocked by then.
    """
    if running.leaves or ending.kind is EndKind.STOPPED or (ending.kind is EndKind.EXITED and not ending.status):
        return Suspicion()
    threads = tuple(each for each in running.in_flight if each.in_thread)
    current = running.current
    if ending.kind is EndKind.BLOCKED:
        if current is None:
            # Code in C can keep the interpreter from all other threads. It is in flight all the time then.
            waited = before.in_flight if before is not None else running.in_flight
            return Suspicion(tuple(each for each in threads or running.in_flight if each in waited))
        is_same = before is not None and before.current is not None and _content(before.current) == _content(current)
        return Suspicion((current,), is_certain=is_same, on_loop=True)
    if current is not None:
        return Suspicion((current,), is_certain=ending.is_by_code, on_loop=True)
    if ending.is_by_code and threads:
        return Suspicion(threads, is_certain=len({_content(each) for each in threads}) == 1)
    return Suspicion(running.in_flight)


def _content(mark: Mark) -> tuple[str, str]:
    return mark.plugin, mark.digest
