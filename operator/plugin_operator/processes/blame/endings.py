"""``Ending``: how a worker process has ended, and what a person can do about it."""

import signal
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

import msgspec

_OF_CODE = frozenset(
    {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGSYS, signal.SIGTRAP}
)
_AT_THE_PLUGIN = "fix what the log says the worker ran, or delete the file of that plugin"


class EndKind(StrEnum):
    """What ended a worker; the value is the label of a metric."""

    BLOCKED = "blocked"
    """Its event loop was blocked, and the supervisor has killed it."""
    STOPPED = "stopped"
    """A signal had stopped it for long, and the supervisor has killed it."""
    REFUSED = "refused"
    """It broke the protocol or its part of the shards, and the supervisor has killed it."""
    CRASHED = "crashed"
    """A signal that code causes: a segmentation fault, or an abort."""
    KILLED = "killed"
    """A signal from elsewhere: a person, or the kernel because memory ran out."""
    EXITED = "exited"
    """It has ended by itself."""


Killed: TypeAlias = tuple[EndKind, float]


class Ending(msgspec.Struct, frozen=True):
    """How a worker has ended.

    Attributes:
        kind: what ended it.
        status: its exit status, negative for a signal.
        seconds: how long the supervisor had waited for a sign of life, if it has killed the worker for that.
    """

    kind: EndKind
    status: int
    seconds: float = 0.0

    @classmethod
    def of(cls, status: int, killed: Killed | None = None) -> "Ending":
        """Return the ending of a process; ``killed`` says why and after which silence the supervisor has killed it."""
        if killed is not None:
            return cls(killed[0], status, killed[1])
        if status >= 0:
            return cls(EndKind.EXITED, status)
        return cls(EndKind.CRASHED if -status in _OF_CODE else EndKind.KILLED, status)

    @property
    def is_by_code(self) -> bool:
        """Whether code that ran in the worker has ended it; a kill may come from elsewhere."""
        return self.kind in {EndKind.BLOCKED, EndKind.CRASHED, EndKind.EXITED}

    @property
    def how(self) -> str:
        """How it ended, in words."""
        match self.kind:
            case EndKind.BLOCKED:
                return f"killed because its event loop was blocked for {self.seconds:g} s"
            case EndKind.STOPPED:
                return f"killed because a signal had stopped it for {self.seconds:g} s"
            case EndKind.REFUSED:
                return f"killed by the supervisor, see the line before ({described_status(self.status)})"
        return described_status(self.status)

    @property
    def way_out(self) -> str:
        """What to do about it; empty if nothing."""
        match self.kind:
            case EndKind.BLOCKED:
                return f'"Event loop is blocked" names file and line; use await, or a plain def: {_AT_THE_PLUGIN}'
            case EndKind.CRASHED:
                return f"compiled code has crashed, often a library in C: {_AT_THE_PLUGIN}"
            case EndKind.EXITED:
                return f"code may have called os._exit, which skips all errors: {_AT_THE_PLUGIN}" if self.status else ""
            case EndKind.KILLED:
                return "memory ran out, or a person has killed it: raise the memory limit, or lower --processes"
            case EndKind.STOPPED:
                return "find out what stops processes of this pod, such as a debugger"
        return ""


def described_status(status: int) -> str:
    """Return an exit status in words, such as ``killed by SIGKILL``."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def is_stopped(pid: int) -> bool:
    """Report whether a signal or a debugger has stopped a process; False where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[:1] in (["T"], ["t"])
