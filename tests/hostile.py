"""Exceptions and values that do harm when they are raised, caught or rendered; source and objects of the same list."""

from collections.abc import Callable
from typing import Any

#: Statements that a plugin may run anywhere, by name; each raises something that is awkward to contain.
RAISES: dict[str, str] = {
    "exception": "raise RuntimeError('boom')",
    "own base exception": "raise type('Panic', (BaseException,), {})('a panic of an extension')",
    "cancelled": "import asyncio; raise asyncio.CancelledError",
    "generator exit": "raise GeneratorExit",
    "stop iteration": "next(iter(()))",
    "stop async iteration": "raise StopAsyncIteration",
    "system exit": "raise SystemExit(0)",
    "keyboard interrupt": "raise KeyboardInterrupt",
    "recursion": "f = lambda: f(); f()",
    "memory": "raise MemoryError",
    "group": "raise BaseExceptionGroup('two', [SystemExit(0), KeyboardInterrupt()])",
    "str exits": "import sys; raise type('Odd', (Exception,), {'__str__': lambda self: sys.exit(0)})('x')",
    "str is cancelled": (
        "import asyncio\n"
        "def told(self): raise asyncio.CancelledError\n"
        "raise type('Odd', (Exception,), {'__str__': told, '__repr__': told})('x')"
    ),
    "args exit": (
        "import sys\n"
        "def told(self): sys.exit(0)\n"
        "raise ValueError(type('Arg', (), {'__repr__': told, '__str__': told})())"
    ),
    "class name raises": (
        "class Meta(type):\n"
        "    __name__ = __qualname__ = property(lambda cls: 1 / 0)\n"
        "raise Meta('Nameless', (Exception,), {})('x')"
    ),
    "class is asked": "raise type('Asked', (Exception,), {'__class__': property(lambda self: 1 / 0)})('x')",
    "traceback raises": "raise type('Untraced', (Exception,), {'__traceback__': property(lambda self: 1 / 0)})('x')",
    "surrogates": "raise ValueError('lone \\ud800 surrogate')",
    "cancels the running task": "import asyncio; asyncio.current_task().cancel(); raise RuntimeError('cancelled it')",
    "cancels its task and exits": "import asyncio, sys; asyncio.current_task().cancel(); sys.exit(0)",
    "cancels its task and panics": (
        "import asyncio\nasyncio.current_task().cancel()\nraise type('Panic', (BaseException,), {})('x')"
    ),
    "huge": "raise ValueError('x' * 10_000_000)",
}


def indented(statements: str, spaces: int) -> str:
    """Return statements as the body of a function."""
    return "\n".join(" " * spaces + line for line in statements.splitlines())


def raiser(statements: str) -> Callable[..., Any]:
    """Return a function of any arguments that runs the statements."""
    scope: dict[str, Callable[..., Any]] = {}
    exec(f"def run(*args):\n{indented(statements, 4)}\n", scope)
    return scope["run"]


def caught(statements: str) -> BaseException:
    """Return what the statements raise."""
    try:
        raiser(statements)()
    except BaseException as error:  # noqa: BLE001 - it is what is asked for
        return error
    raise AssertionError("nothing was raised")
