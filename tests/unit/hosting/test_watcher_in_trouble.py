"""A watch that cannot be made, breaks, ends or panics: it is made anew at a pace, and hints come once it works."""

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Self

import pytest
from structlog.testing import capture_logs

from plugin_operator.hosting.scan import watcher as watcher_module
from plugin_operator.hosting.scan.watcher import Watcher
from plugin_operator.tasks import TaskOwner
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock

Changes = set[tuple[int, str]]


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
    """Stands for the kernel: each watch does what is said, and a good one can be given changes."""

    def __init__(self) -> None:
        self.begun = 0
        self.error: Callable[[], BaseException] | None = None
        self.ends = False
        self.quiet = 0
        self.poll_delays: list[int] = []
        self.first: Changes = set()
        self.news = threading.Event()

    def change(self) -> None:
        self.news.set()

    def watch(self, paths: list[str], *, poll_delay_ms: int, **_: bool) -> "Notify":
        self.begun += 1
        self.poll_delays.append(poll_delay_ms)
        if self.error is not None and not self.first:
            raise self.error()
        return Notify(self, paths[0])


class Notify:
    """Stands for ``RustNotify``: one watch, which threads wait on."""

    def __init__(self, kernel: Kernel, path: str) -> None:
        self._kernel = kernel
        self._path = path
        self._first = kernel.first

    def watch(self, debounce: int, step: int, timeout: int, stop: asyncio.Event) -> Changes | str:
        first, self._first = self._first, set()
        if first:
            return first
        if self._kernel.error is not None:
            raise self._kernel.error()
        if self._kernel.quiet:
            self._kernel.quiet -= 1
            return "timeout"
        while not (stop.is_set() or self._kernel.ends):
            if self._kernel.news.wait(0.001):
                self._kernel.news.clear()
                return {(1, f"{self._path}/one.py")}
        return "stop"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(watcher_module, "RustNotify", made.watch)
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
        await eventually(lambda: kernel.begun >= 1)
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


async def test_a_watch_stays_when_nothing_changes_for_a_while(
    kernel: Kernel, clock: VirtualClock, hints: list[str]
) -> None:
    kernel.quiet = 20
    begin(kernel)
    await eventually(lambda: kernel.quiet == 0)
    begun = kernel.begun
    await works(kernel, clock, hints)
    assert kernel.begun == begun


async def test_folders_are_polled_at_a_pace_where_the_kernel_has_no_inotify(kernel: Kernel, hints: list[str]) -> None:
    """The backend polls there, as under an emulator, and would use up a core without a delay."""
    begin(kernel)
    await eventually(lambda: hints)
    assert min(kernel.poll_delays) >= 100


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
    monkeypatch.setattr(watcher_module, "RustNotify", kernel.watch)
    await works(kernel, clock, hints)
