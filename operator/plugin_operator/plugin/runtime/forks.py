"""Explicit permission to fork the operator's process.

Owns which code may fork. Leaves ending other children to ``manager.fork_guard``.
"""

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager

_allowed = contextvars.ContextVar("fork_allowed", default=False)


@contextmanager
def allow_fork() -> Iterator[None]:
    """Allow ``os.fork``, ``os.forkpty`` and the ``fork`` method of ``multiprocessing`` in a ``with`` block.

    The child has the operator's sockets, locks and signal handlers, but none of its threads. It must call ``os.exec*``
    or ``os._exit`` and never return into the event loop. The permission covers the current task or thread only. A child
    forked without it exits at once with status 70, and the log names the plugin. Raises nothing itself.
    """
    token = _allowed.set(True)
    try:
        yield
    finally:
        _allowed.reset(token)


def is_fork_allowed() -> bool:
    """Report whether the calling code is inside ``allow_fork``."""
    return _allowed.get()
