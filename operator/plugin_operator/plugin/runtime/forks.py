"""The explicit way to fork the operator's process.

Owns who may. What happens to the children of others is ``manager.forks``' business.
"""

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager

_allowed = contextvars.ContextVar("fork_allowed", default=False)


@contextmanager
def allow_fork() -> Iterator[None]:
    """Let the children of ``os.fork``, ``os.forkpty`` and ``multiprocessing``'s ``fork`` live.

    Such a child has the operator's sockets, locks and signal handlers, but none of its threads. It must never return
    into the event loop: it calls ``os.exec*`` or ``os._exit``. Allows what this task or thread does, no other. A child
    that was forked outside of it ends at once with status 70, and the log names the plugin. Raises nothing itself.
    """
    token = _allowed.set(True)
    try:
        yield
    finally:
        _allowed.reset(token)


def is_fork_allowed() -> bool:
    """Say whether the code that asks is inside ``allow_fork``."""
    return _allowed.get()
