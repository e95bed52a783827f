"""A store on disk: a log of changes, and now and then a snapshot that makes older logs needless.

A write is acknowledged once its frame is fsynced; writes that wait together share one fsync. Files in the folder:
``snapshot-<revision>`` holds every object at that revision, ``log-<revision>`` the changes after it. A snapshot is
written aside and renamed, so there is always a whole one.
"""

import asyncio
import fcntl
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from plugin_operator.apiserver.storage.frames import pack
from plugin_operator.apiserver.storage.records import Change, Item
from plugin_operator.apiserver.storage.recovery import log_path, revision_of, snapshot_path
from plugin_operator.apiserver.storage.store import Store

_COMPACT_FROM_BYTES = 16 * 1024 * 1024


class FolderInUse(RuntimeError):
    """Another server keeps its data in this folder."""


class JournalFailed(RuntimeError):
    """The disk refused a write; nothing further is acknowledged."""


class Journal:
    """Writes the changes of one store into one folder. Made by `open_journal`."""

    def __init__(self, folder: Path, store: Store, compact_from_bytes: int = _COMPACT_FROM_BYTES) -> None:
        """Take the folder for this process.

        Raises:
            FolderInUse: another process has it.
            OSError: it cannot be made or written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._store = store
        self._lock = _lock(folder / "lock")
        self._compact_from_bytes = compact_from_bytes
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="apiserver-journal")
        self._log: BinaryIO = log_path(folder, store.revision).open("ab")
        self._log_bytes = 0
        self._waiting: list[bytes] = []
        self._appended = self._flushed = store.revision
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._failure: BaseException | None = None
        self._flusher: asyncio.Task[None] | None = None

    def append(self, bucket: str, change: Change) -> None:
        """Take a change; it is on disk once `flushed` returns."""
        item = change.item
        self._waiting.append(pack((change.revision, change.type, bucket, item.key, item.raw)))
        self._appended = change.revision
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.get_running_loop().create_task(self._flush())

    async def flushed(self, revision: int) -> None:
        """Wait until the change of that revision is on disk.

        Raises:
            JournalFailed: it never will be.
        """
        if self._failure is not None:
            raise JournalFailed(f"the data folder cannot be written: {self._failure}")
        if revision <= self._flushed:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((revision, future))
        await future

    async def close(self) -> None:
        """Write what waits and give the folder back."""
        if self._flusher is not None:
            await self._flusher
        self._threads.shutdown()
        self._log.close()
        self._lock.close()

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and self._failure is None:
            frames, revision = self._waiting, self._appended
            self._waiting = []
            try:
                await loop.run_in_executor(self._threads, self._write, frames)
                if self._log_bytes > self._compact_from_bytes:
                    revision = await self._compact()
            except OSError as error:
                self._failure = error
                self._fail(error)
                return
            self._flushed = revision
            self._store.publish(revision)
            self._wake(revision)

    def _write(self, frames: Sequence[bytes]) -> None:
        data = b"".join(frames)
        self._log.write(data)
        self._log.flush()
        os.fsync(self._log.fileno())
        self._log_bytes += len(data)

    def _wake(self, revision: int) -> None:
        waiting = []
        for wanted, future in self._waiters:
            if wanted > revision:
                waiting.append((wanted, future))
            elif not future.done():
                future.set_result(None)
        self._waiters = waiting

    def _fail(self, error: OSError) -> None:
        for _, future in self._waiters:
            if not future.done():
                future.set_exception(JournalFailed(f"the data folder cannot be written: {error}"))
        self._waiters = []

    async def _compact(self) -> int:
        """Write a snapshot of the present, drop the logs before it, and return its revision."""
        buckets = [(bucket.name, list(bucket.items.values())) for bucket in self._store.buckets()]
        revision = self._store.revision
        # What waits is part of the snapshot, and is acknowledged once that is safe.
        self._waiting = []
        await asyncio.get_running_loop().run_in_executor(self._threads, self._snapshot, revision, buckets)
        return revision

    def _snapshot(self, revision: int, buckets: Sequence[tuple[str, Sequence[Item]]]) -> None:
        write_snapshot(self._folder, revision, buckets)
        self._log.close()
        self._log = log_path(self._folder, revision).open("ab")
        self._log_bytes = 0
        sync_folder(self._folder)
        for path in self._folder.iterdir():
            number = revision_of(path)
            if number is not None and number < revision:
                path.unlink()


def write_snapshot(folder: Path, revision: int, buckets: Sequence[tuple[str, Sequence[Item]]]) -> None:
    """Write every object into a file of its own revision, all or nothing."""
    path = snapshot_path(folder, revision)
    aside = path.with_suffix(".tmp")
    with aside.open("wb") as file:
        file.write(pack((revision, "snapshot")))
        for name, items in buckets:
            for item in items:
                file.write(pack((item.revision, name, item.key, item.raw)))
        file.write(pack((revision, "end")))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(path: Path) -> BinaryIO:
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise FolderInUse(f"another API server keeps its data in {path.parent}") from error
    return file
