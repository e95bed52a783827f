"""A watch that cannot be made, breaks, ends or panics: it is made anew at a pace, and hints come once it works."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import watchfiles
from structlog.testing import capture_logs

from plugin_operator.hosting.scan import watcher as watcher_module
from plugin_operator.hosting.scan.watcher import Watcher
from plugin_operator.tasks import TaskOwner
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock

Changes = set[tuple[object, str]]


class Panic(BaseException):
    """What Rust's panics are in Python: no Exception."""


def of(number: int) -> OSError:
    return OSError(number, os.strerror(number))


#: What watchfiles raises when limits are reached, a path goes away, or it has a fault of its own.
RAISES: dict[str, Callable[[], BaseException]] = {
    "no space for watches": lambda: of(errno.ENOSPC),
    "no instances": lambda: of(errno.EMFILE),
    "gone": lambda: of(errno.ENOENT),
    "no permission": lambda: of(errno.EACCES),
    "stale": lambda: of(errno.ESTALE),
    "not supported": lambda: of(errno.ENOSYS),
    "internal error": lambda: RuntimeError("error in underlying watcher"),
    "not UTF-8": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "panic": lambda: Panic("called `Option::unwrap()` on a `None` value"),
}


class Kernel:
    """Stands for watchfiles: each watch does what is said, and a good one can be given changes."""

    def __init__(self) -> None:
        self.begun = 0
        self.error: Callable[[], BaseException] | None = None
        self.ends = False
        self.first: Changes = set()
        self._news = asyncio.Event()

    def change(self) -> None:
        self._news.set()

    async def awatch(self, *paths: Path, **how: object) -> AsyncIterator[Changes]:
        self.begun += 1
        if self.first:
            yield self.first
        if self.error is not None:
            raise self.error()
        if self.ends:
            return
        while True:
            await self._news.wait()
            self._news.clear()
            yield {(1, f"{paths[0]}/one.py")}


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(watchfiles, "awatch", made.awatch)
    return made


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def hints(tmp_path: Path, kernel: Kernel, clock: VirtualClock) -> AsyncIterator[list[str]]:
    """The hints of a watch that runs as the host runs it; begin it with ``begin``."""
    heard: list[str] = []
    made = Watcher(str(tmp_path), lambda: heard.append("hint"), clock=clock)
    tasks = TaskOwner("test", clock=clock)
    kernel.begin = lambda: tasks.serve(made.run, "watch", kind="watch")  # type: ignore[attr-defined]
    yield heard
    await tasks.stop(1)


def begin(kernel: Kernel) -> None:
    kernel.begin()  # type: ignore[attr-defined]


async def turns() -> None:
    """Let whatever needs no time happen; threads included, which take some."""
    for _ in range(5):
        await asyncio.sleep(0.005)


async def works(kernel: Kernel, clock: VirtualClock, hints: list[str]) -> None:
    """Let time pass until a change leads to a hint."""

    async def heard() -> bool:
        await clock.advance(10)
        before = len(hints)
        kernel.change()
        await turns()
        return len(hints) > before

    await eventually(heard)


@pytest.mark.parametrize("later", [False, True], ids=["at the start", "later"])
@pytest.mark.parametrize("what", RAISES)
async def test_a_watch_that_raises_is_made_anew_at_a_pace_and_works_once_it_can(
    kernel: Kernel, clock: VirtualClock, hints: list[str], what: str, later: bool
) -> None:
    kernel.error = RAISES[what]
    kernel.first = {(1, "/elsewhere/\udcff")} if later else set()
    with capture_logs() as logs:
        begin(kernel)
        await eventually(lambda: kernel.begun >= 2)  # of the directory, and of the one above it
        await turns()
        begun = kernel.begun
        await turns()
        assert kernel.begun == begun  # nothing more happens before time passes

        async def is_made_anew() -> bool:
            await clock.advance(10)
            await turns()
            return kernel.begun >= 4 * begun

        await eventually(is_made_anew)
    said = [each["event"] for each in logs].count("Plugins directory watch failed, relying on scans")
    assert said == (0 if what == "panic" else 1)
    kernel.error, kernel.first = None, set()
    await works(kernel, clock, hints)


async def test_a_watch_that_ends_at_once_is_made_anew_at_a_pace(
    kernel: Kernel, clock: VirtualClock, hints: list[str]
) -> None:
    kernel.ends = True
    begin(kernel)
    await eventually(lambda: kernel.begun >= 2)
    await turns()
    begun = kernel.begun
    await turns()
    assert kernel.begun == begun
    kernel.ends = False
    await works(kernel, clock, hints)


async def test_a_directory_that_is_replaced_all_the_time_is_watched_anew_at_a_pace(
    kernel: Kernel, clock: VirtualClock, hints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a file system whose inodes change with each look."""
    looks: list[Path] = []
    targets = watcher_module._targets

    def other_each_time(root: Path) -> object:
        looks.append(root)
        found = targets(root)
        return type(found)(found.paths, found.names | {str(len(looks))})

    monkeypatch.setattr(watcher_module, "_targets", other_each_time)
    begin(kernel)
    await eventually(lambda: len(looks) >= 2)
    await turns()
    looked = len(looks)
    await turns()
    assert len(looks) == looked
    monkeypatch.undo()
    monkeypatch.setattr(watchfiles, "awatch", kernel.awatch)
    await works(kernel, clock, hints)
