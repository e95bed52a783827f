"""Hints that something in the plugins directory has changed.

Only hints: every change is found by scanning, sooner or later, and a hint makes it sooner. So nothing here may fail for
good: whatever goes wrong with the watch, it is made anew after a pause.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import watchfiles

from plugin_operator import logs
from plugin_operator.backoff import Backoff
from plugin_operator.clock import Clock

# Each step wakes two threads: at 10 ms an idle operator spends more on them than on all else together.
_STEP_MILLISECONDS = 50
_DEBOUNCE_MILLISECONDS = 50
_ALIVE_MILLISECONDS = 5_000

_log = logs.get_logger(__name__)


class Watcher:
    """Watches a directory, its parent (which hears of its re-creation and of a flipped link), and what a link leads to.

    Args:
        root: the plugins directory; need not exist.
        on_hint: called when something may have changed.
        clock: for the pauses after a failure.
    """

    def __init__(self, root: str, on_hint: Callable[[], None], *, clock: Clock) -> None:
        self._root = Path(root)
        self._on_hint = on_hint
        self._backoff = Backoff(clock, base_seconds=0.1, cap_seconds=10.0)
        self._clock = clock
        self._failure = ""
        self._told = ""

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self._watch_once()
                self._backoff.reset()
                self._failure = self._told = ""
            except Exception as error:  # noqa: BLE001 - the scan finds everything anyway; see the module
                # Seen: watch limits reached, a name that is not UTF-8, a directory that went away in between.
                self._failed(str(error))
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
        watched = _targets(self._root)
        stop = asyncio.Event()
        tasks = [asyncio.ensure_future(self._follow(path, stop, recursive=deep)) for path, deep in watched]
        try:
            while _targets(self._root) == watched:
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

    async def _follow(self, path: Path, stop: asyncio.Event, *, recursive: bool) -> None:
        """Pass on hints below ``path``; return when the root may have become another directory."""
        before = _targets(self._root)
        async for changes in _changes(path, stop, recursive=recursive):
            if _targets(self._root) != before:
                return
            # Above the directory others are at home, too: only names that lie on the way to it matter there.
            if recursive or any(Path(changed).name in self._way() for _, changed in changes):
                self._on_hint()

    def _way(self) -> set[str]:
        return {*self._root.absolute().parts, *self._root.resolve().parts}


def _changes(path: Path, stop: asyncio.Event, *, recursive: bool) -> AsyncIterator[set[watchfiles.main.FileChange]]:
    return watchfiles.awatch(
        path,
        watch_filter=None,
        step=_STEP_MILLISECONDS,
        debounce=_DEBOUNCE_MILLISECONDS,
        rust_timeout=_ALIVE_MILLISECONDS,
        yield_on_timeout=False,
        stop_event=stop,
        recursive=recursive,
        force_polling=False,
    )


def _targets(root: Path) -> list[tuple[Path, bool]]:
    """Return what to watch now, and whether with all that lies below.

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
    if root.is_dir():
        targets[root.resolve()] = True
    existing = {(_existing(path), deep and path.is_dir()) for path, deep in targets.items()}
    return sorted(existing)


def _existing(path: Path) -> Path:
    while not path.is_dir() and path != path.parent:
        path = path.parent
    return path
