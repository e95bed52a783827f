"""Hints that something in the plugins directory has changed.

Only hints: every change is found by scanning, sooner or later, and a hint makes it sooner. So nothing here may fail for
good: whatever goes wrong with the watch, it is made anew after a pause.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import watchfiles

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.connection_backoff import Backoff
from plugin_operator.paths import fixed
from plugin_operator.rendering import describe
from plugin_operator.tasks import start_task
from plugin_operator.threads import ThreadRunner

# Each step wakes two threads: at 10 ms an idle operator spends more on them than on all else together.
_STEP_MILLISECONDS = 50
_DEBOUNCE_MILLISECONDS = 50
_ALIVE_MILLISECONDS = 5_000
_MOST_FOLDERS = 1_000
# A directory may be replaced without end, by a link that flips: making a watch costs threads and system calls.
_REMAKE_SECONDS = 0.1

_log = logs.get_logger(__name__)


class Watcher:
    """Watches a directory, its parent (which hears of its re-creation and of a flipped link), and what a link leads to.

    Of the folders below, it watches those it is told of, one by one: a watch on all that lies below would follow every
    link in there, even one to the root of the file system.

    Args:
        root: the plugins directory; need not exist.
        on_hint: called when something may have changed.
        clock: for the pauses after a failure.
    """

    def __init__(self, root: str, on_hint: Callable[[], None], *, clock: Clock) -> None:
        self._root = fixed(Path(root))
        self._on_hint = on_hint
        self._backoff = Backoff(clock, base_seconds=0.1, cap_seconds=10.0)
        self._clock = clock
        self._failure = ""
        self._told = ""
        self._folders: tuple[str, ...] = ()
        self._changed = asyncio.Event()
        self._threads = ThreadRunner("plugin-watch")

    def look_into(self, folders: Sequence[str]) -> None:
        """Watch these folders as well, from now on; of very many, only the first."""
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
                self._failure = self._told = ""
                self._on_hint()
                await self._clock.sleep(_REMAKE_SECONDS)
            except Exception as error:  # noqa: BLE001 - the scan finds everything anyway; see the module
                # Seen: watch limits reached, a name that is not UTF-8, a directory that went away in between.
                self._failed(describe(error))
                await self._clock.sleep(self._backoff.next_seconds())
                self._on_hint()

    def _failed(self, reason: str) -> None:
        """Tell once what goes on; a single failure is ordinary, as when the directory is replaced."""
        if reason == self._failure != self._told:
            self._told = reason
            _log.warning("Plugins directory cannot be watched, edits are found by scanning", reason=reason)
        self._failure = reason

    async def _watch_once(self) -> None:
        """Watch the directory as it is now; return when it is another one, so that the watch must be made anew."""
        self._changed.clear()
        near, inside = await self._threads.run(_ways, self._root, self._folders)
        stop = asyncio.Event()
        tasks = [
            start_task(self._follow([path], near, stop, all_matters=deep), f"watch {path}") for path, deep in near.paths
        ]
        if inside:
            tasks.append(start_task(self._follow(inside, near, stop, all_matters=True), "watch folders"))
        tasks.append(start_task(self._wait_for_change(), "watch for folders"))
        try:
            await asyncio.sleep(0)  # each begins to watch with its first step
            self._on_hint()  # for what happened before
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

    async def _follow(self, paths: Sequence[Path], near: "_Near", stop: asyncio.Event, *, all_matters: bool) -> None:
        """Pass on hints from ``paths``; return when the root may have become another directory."""
        async for changes in _changes(paths, stop):
            if await self._near() != near:
                return
            # Above the directory others are at home, too: only names that lie on the way to it matter there.
            if all_matters or any(Path(changed).name in near.names for _, changed in changes):
                self._on_hint()

    async def _wait_for_change(self) -> None:
        await self._changed.wait()

    async def _near(self) -> "_Near":
        # In a thread: a file system that does not answer must not hold up the event loop.
        return await self._threads.run(_targets, self._root)


@dataclass(frozen=True, slots=True)
class _Near:
    """What to watch to hear of the root itself: folders, whether everything in them matters, and names on the way."""

    paths: tuple[tuple[Path, bool], ...]
    names: frozenset[str]


def _changes(paths: Sequence[Path], stop: asyncio.Event) -> AsyncIterator[set[watchfiles.main.FileChange]]:
    return watchfiles.awatch(
        *paths,
        watch_filter=None,
        step=_STEP_MILLISECONDS,
        debounce=_DEBOUNCE_MILLISECONDS,
        rust_timeout=_ALIVE_MILLISECONDS,
        yield_on_timeout=False,
        stop_event=stop,
        recursive=False,
        force_polling=False,
    )


def _ways(root: Path, folders: Sequence[str]) -> tuple[_Near, list[Path]]:
    return _targets(root), [Path(folder) for folder in folders if Path(folder).is_dir()]


def _targets(root: Path) -> _Near:
    """Return what to watch now.

    The directory itself, if it is there; the parents of every link on the way to it, where a flip or a re-creation
    shows; or else the nearest parent that exists.
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
