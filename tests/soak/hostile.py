"""Plugins that mean harm, beside those that are judged: whatever they do, nothing of the others is lost or doubled.

Each is one way to misuse the place in which its code runs. They watch the same kinds as the good ones.
"""

from pathlib import Path

FILE = "hostile.py"

_AT_EVENTS = """
import asyncio, contextvars, sys
from plugin_operator import controller, watch

tenant = contextvars.ContextVar("tenant", default="")

class Panic(BaseException): ...

class Odd(Exception):
    def __str__(self):
        sys.exit(0)
    __repr__ = __str__

def harm(*args):
    {harm}

@controller(name="hostile", for_="v1/ConfigMap", namespaces=["soak"], predicates=[harm])
async def hostile(ctx, request): ...

@controller(name="hostile-map", for_="v1/Secret", namespaces=["soak"], watches=[watch("v1/ConfigMap", map=harm)])
async def mapped(ctx, request):
    if int(request.name.rpartition("-")[2]) % 10 == 0:
        harm()
"""
_HARM = {
    "raises a base exception": "raise Panic('x')",
    "exits": "sys.exit(0)",
    "is interrupted": "raise KeyboardInterrupt",
    "is cancelled": "raise asyncio.CancelledError",
    "closes generators": "raise GeneratorExit",
    "cannot be shown": "raise Odd('x')",
    "cancels the running task": "asyncio.current_task().cancel()",
    "exits in callbacks": "asyncio.get_running_loop().call_soon(sys.exit, 0)",
    "sets variables": "assert tenant.get() == ''; tenant.set('red'); return True",
    "maps to nonsense": "return [('a', 'b', 'c'), 7, None]",
    "recurses": "harm()",
}
_HARMLESS = _AT_EVENTS.format(harm="return True")
_WHOLE = {
    "has metrics of its own": f"import prometheus_client\nprometheus_client.Counter('soak_hostile', 'x')\n{_HARMLESS}",
    "silences logs": f"import logging\nlogging.disable(logging.CRITICAL)\nlogging.root.handlers.clear()\n{_HARMLESS}",
}
#: These touch the process itself, or start others: by hand only, with HOSTILE=all.
_OF_THE_PROCESS = {
    "forks": "import os; os.fork()",
    "ignores signals": "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "lowers limits": "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (64, r.getrlimit(r.RLIMIT_NOFILE)[1]))",
}
HOSTILE: tuple[str, ...] = (*_HARM, *_WHOLE)
ALL_HOSTILE: tuple[str, ...] = (*HOSTILE, *_OF_THE_PROCESS)


def write(folder: Path, how: str) -> None:
    """Put the hostile plugin in place, whole; ``none`` takes it away."""
    path = folder / FILE
    if how == "none":
        path.unlink(missing_ok=True)
        return
    text = _WHOLE.get(how) or _AT_EVENTS.format(harm=(_HARM | _OF_THE_PROCESS)[how])
    fresh = folder / f".{FILE}.new"
    fresh.write_text(f"# {how}\n{text}")
    fresh.rename(path)
