"""Hints about changes in the plugins directory, from file events.

Scans find every change; a hint only triggers an earlier scan. If a watch fails, it is set up again after a pause.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from watchfiles._rust_notify import RustNotify

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.connection_backoff import Backoff
from plugin_operator.paths import fixed
from plugin_operator.rendering import describe
from plugin_operator.tasks import start_task
from plugin_operator.threads import ThreadRunner

# Each step wakes two threads; at 10 ms that would dominate the processor time of an idle operator.
_STEP_MILLISECONDS = 50
_DEBOUNCE_MILLISECONDS = 50
_ALIVE_MILLISECONDS = 5_000
# The backend polls where the kernel has no inotify (ENOSYS), as under an emulator; without a delay it never rests.
_POLL_MILLISECONDS = 300
_MOST_FOLDERS = 1_000
# Limits new watches for a directory that is replaced continuously: each costs threads and system calls.
_REMAKE_SECONDS = 0.1

_log = logs.get_logger(__name__)


class Watcher:
    """Watches a directory, the target of its link, and its parents, which show its re-creation and a changed link.

    Subfolders are watched one by one as ``look_into`` names them. A recursive watch would follow every link inside,
    even one to the root of the file system.

    Args:
        root: the plugins directory; it need not exist.
        on_hint: called when the directory may have changed.
        clock: measures the pause after a failure.
    """

    def __init__(self, root: str, on_hint: Callable[[], None], *, clock: Clock) -> None:
        self._root = fixed(Path(root))
        self._on_hint = on_hint
        self._backoff = Backoff(clock, base_seconds=0.1, cap_seconds=10.0)
        self._clock = clock
        self._failure = ""
        self._reported = ""
        self._folders: tuple[str, ...] = ()
        self._changed = asyncio.Event()
        self._threads = ThreadRunner("plugin-watch")

    def look_into(self, folders: Sequence[str]) -> None:
        """Set the subfolders to watch; if there are too many, only the first are watched."""
        folders = tuple(folders[:_MOST_FOLDERS])
        if folders != self._folders:
            self._folders = folders
            self._changed.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self._watch_once()
                self._backoff.reset()
                self._failure = self._reported = ""
                self._on_hint()
                await self._clock.sleep(_REMAKE_SECONDS)
            except Exception as error:  # noqa: BLE001 - scans find all changes anyway; see the module
                # Known causes: watch limits, a name that is not UTF-8, a directory deleted meanwhile.
                self._failed(describe(error))
                await self._clock.sleep(self._backoff.next_seconds())
                self._on_hint()

    def _failed(self, reason: str) -> None:
        """Log repeated failures once; a single one is normal, for example when the directory is replaced."""
        if reason == self._failure != self._reported:
            self._reported = reason
            _log.warning("Plugins directory watch failed, relying on scans", reason=reason)
        self._failure = reason

    async def _watch_once(self) -> None:
        """Watch the current directory; return when it was replaced, so that a new watch is needed."""
        self._changed.clear()
        near, watches = await self._threads.run(_begin, self._root, self._folders)
        stop = asyncio.Event()
        tasks = [start_task(self._follow(each, near, stop), f"watch {each.name}") for each in watches]
        tasks.append(start_task(self._wait_for_change(), "watch for folders"))
        try:
            self._on_hint()  # for changes before the watch started
            while await self._near() == near:
                done, _ = await asyncio.wait(
                    tasks, timeout=_ALIVE_MILLISECONDS / 1000, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()
                    return
        finally:
            stop.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, watch: "_Watch", near: "_Near", stop: asyncio.Event) -> None:
        """Report hints from a watch; return when the root may have been replaced."""
        with watch.kernel as kernel:
            while True:
                changes = await self._threads.run(
                    kernel.watch, _DEBOUNCE_MILLISECONDS, _STEP_MILLISECONDS, _ALIVE_MILLISECONDS, stop
                )
                if changes == "timeout":
                    continue
                if isinstance(changes, str) or await self._near() != near:
                    return
                # Parent folders contain other files too: only names on the path to the directory matter.
                if watch.all_matters or any(Path(changed).name in near.names for _, changed in changes):
                    self._on_hint()

    async def _wait_for_change(self) -> None:
        await self._changed.wait()

    async def _near(self) -> "_Near":
        # In a thread: a file system that hangs must not block the event loop.
        return await self._threads.run(_targets, self._root)


class _Near(msgspec.Struct, frozen=True):
    """Watches for the root itself: folders, whether all their entries matter, and the names on the path."""

    paths: tuple[tuple[Path, bool], ...]
    names: frozenset[str]


class _Watch(msgspec.Struct, frozen=True):
    """A watch of the kernel that has begun, and whether all entries of its folders matter."""

    name: str
    kernel: RustNotify
    all_matters: bool


def _begin(root: Path, folders: Sequence[str]) -> tuple[_Near, list[_Watch]]:
    near = _targets(root)
    watches = [_Watch(str(path), _kernel_watch([path]), deep) for path, deep in near.paths]
    inside = [folder for folder in map(Path, folders) if folder.is_dir()]
    if inside:
        watches.append(_Watch("folders", _kernel_watch(inside), all_matters=True))
    return near, watches


def _kernel_watch(paths: Sequence[Path]) -> RustNotify:
    """Begin to watch folders without their subfolders.

    It is the backend of ``watchfiles.awatch``, which would import anyio's event loops: 20 ms of the start and 1.3 MiB.
    """
    return RustNotify(
        [str(path) for path in paths],
        debug=False,
        force_polling=False,
        poll_delay_ms=_POLL_MILLISECONDS,
        recursive=False,
        ignore_permission_denied=False,
    )


def _targets(root: Path) -> _Near:
    """Return the current watch targets.

    These are the directory and the parents of every link on its path, which show a changed link or a re-creation. If
    the directory does not exist, the target is its nearest existing parent.
    """
    targets = {root.parent.absolute(): False}
    link = root
    for _ in range(40):
        for part in (link, *link.parents):
            if part.is_symlink():
                targets.setdefault(part.parent.absolute(), False)
                link = part.parent / part.readlink() / link.relative_to(part)
                break
        else:
            break
    resolved = root.resolve()
    if root.is_dir():
        targets[resolved] = True
    existing = {(_existing(path), deep and path.is_dir()) for path, deep in targets.items()}
    return _Near(tuple(sorted(existing)), frozenset({*root.absolute().parts, *resolved.parts}))


def _existing(path: Path) -> Path:
    while not path.is_dir() and path != path.parent:
        path = path.parent
    return path
