"""Persistence of a store: a write-ahead log of changes, and snapshots that replace old logs.

The journal acknowledges a write once its frame is fsynced. Concurrent writes share one fsync. The folder has two kinds
of files: ``snapshot-<revision>`` has every object at that revision, ``log-<revision>`` has the changes after it.
Snapshots are written to a temporary file and renamed, so that a complete one always exists.

If a write to disk fails, the store rolls back all unacknowledged changes and rejects further writes. The journal tries
to repair the log every second; once that succeeds, the store accepts writes again.
"""

import asyncio
import fcntl
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from kube_apiserver.storage.log_file import LogFile, SyncFailed
from kube_apiserver.storage.private_folder import make_private
from kube_apiserver.storage.records import Change, Item
from kube_apiserver.storage.recovery import log_path, revision_of, snapshot_path
from kube_apiserver.storage.store import JournalFailed, Store
from kube_apiserver.storage.wal_frames import pack

_COMPACT_FROM_BYTES = 16 * 1024 * 1024
_REPAIR_SECONDS = 1.0

_log = logging.getLogger(__name__)


class FolderInUse(RuntimeError):
    """Another server uses the data folder."""


class Journal:
    """Persists the changes of one store in one folder."""

    def __init__(
        self,
        folder: Path,
        store: Store,
        compact_from_bytes: int = _COMPACT_FROM_BYTES,
        repair_seconds: float = _REPAIR_SECONDS,
    ) -> None:
        """Lock the folder for this process and open the log.

        Raises:
            FolderInUse: another process holds the lock.
            OSError: the folder cannot be created or written.
        """
        make_private(folder)
        self._folder = folder
        self._store = store
        self._lock = _lock(folder / "lock")
        self._compact_from_bytes = compact_from_bytes
        self._repair_seconds = repair_seconds
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="apiserver-journal")
        try:
            self._log = LogFile(log_path(folder, store.revision))
        except OSError:
            self._lock.close()
            raise
        self._compact_at_bytes = self._log.size + compact_from_bytes
        self._waiting: list[bytes] = []
        self._appended = self._flushed = store.revision
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._problem = ""
        self._flusher: asyncio.Task[None] | None = None
        self._repairer: asyncio.Task[None] | None = None

    @property
    def problem(self) -> str:
        """Return why writes are rejected at the moment, "" if they are accepted."""
        return self._problem

    def append(self, bucket: str, change: Change) -> None:
        """Queue a change for the log. `flushed` waits until it is on disk."""
        item = change.item
        self._waiting.append(pack((change.revision, change.type, bucket, item.key, item.raw)))
        self._appended = change.revision
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.get_running_loop().create_task(self._flush())

    async def flushed(self, revision: int) -> None:
        """Wait until the change of ``revision`` is on disk.

        Raises:
            JournalFailed: the write failed, and the store has rolled back the change.
        """
        if revision <= self._flushed:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((revision, future))
        await future

    async def close(self) -> None:
        """Flush the queued changes, close the log and release the lock."""
        if self._flusher is not None:
            await self._flusher
        if self._repairer is not None:
            self._repairer.cancel()
            with suppress(asyncio.CancelledError):
                await self._repairer
        self._threads.shutdown()
        self._log.close()
        self._lock.close()

    async def _flush(self) -> None:
        while self._waiting:
            frames, revision = self._waiting, self._appended
            self._waiting = []
            try:
                await self._in_thread(self._log.append, b"".join(frames))
            except OSError as error:
                self._reject_writes(error)
                return
            self._acknowledge(revision)
            if self._log.size > self._compact_at_bytes:
                await self._compact()

    async def _in_thread(self, function: Callable[..., None], *arguments: Any) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    def _acknowledge(self, revision: int) -> None:
        self._flushed = revision
        self._store.publish(revision)
        waiting = []
        for wanted, future in self._waiters:
            if wanted > revision:
                waiting.append((wanted, future))
            elif not future.done():
                future.set_result(None)
        self._waiters = waiting

    def _reject_writes(self, error: OSError) -> None:
        """Roll back all changes that are not on disk, fail their waiters, and start the repair of the log."""
        self._problem = f"the data folder cannot be written: {error.strerror or error}"
        _log.error("Data folder not writable, writes are rejected: folder=%s error=%s", self._folder, error)
        self._waiting = []
        self._store.roll_back()
        # The revisions of the rolled-back changes are used up. A later wait for one of them must not block.
        self._flushed = self._store.revision
        for _, future in self._waiters:
            if not future.done():
                future.set_exception(JournalFailed(self._problem))
        self._waiters = []
        self._repairer = asyncio.get_running_loop().create_task(self._repair(isinstance(error, SyncFailed)))

    async def _repair(self, is_log_doubtful: bool) -> None:
        """Retry until the disk accepts writes. A log whose content is in doubt is replaced by a snapshot."""
        while self._problem:
            await asyncio.sleep(self._repair_seconds)
            try:
                if is_log_doubtful:
                    await self._in_thread(self._snapshot, self._store.revision, self._present())
                else:
                    await self._in_thread(self._log.repair)
            except SyncFailed:
                is_log_doubtful = True
            except OSError as error:
                _log.debug("Data folder still not writable: folder=%s error=%s", self._folder, error)
            else:
                self._problem = ""
                _log.warning("Data folder writable again: folder=%s", self._folder)

    async def _compact(self) -> None:
        """Write a snapshot and delete the logs before it. If that fails, keep the current log."""
        revision = self._store.revision
        # The snapshot includes the queued changes, and they are acknowledged once it is on disk.
        waiting, self._waiting = self._waiting, []
        try:
            await self._in_thread(self._snapshot, revision, self._present())
        except OSError as error:
            _log.warning("Snapshot failed, log kept: folder=%s error=%s", self._folder, error)
            self._waiting = [*waiting, *self._waiting]
            self._compact_at_bytes = self._log.size + self._compact_from_bytes
        else:
            self._acknowledge(revision)

    def _present(self) -> list[tuple[str, list[Item]]]:
        return [(bucket.name, list(bucket.items.values())) for bucket in self._store.buckets()]

    def _snapshot(self, revision: int, buckets: Sequence[tuple[str, Sequence[Item]]]) -> None:
        """Write a snapshot and switch to a new log. If that fails, the old log stays in use."""
        snapshot, log = snapshot_path(self._folder, revision), log_path(self._folder, revision)
        new: LogFile | None = None
        try:
            write_snapshot(self._folder, revision, buckets)
            new = LogFile(log)
            sync_folder(self._folder)
        except OSError:
            if new is not None:
                new.close()
            with suppress(OSError):
                # Without the snapshot, recovery uses the old log alone.
                snapshot.unlink(missing_ok=True)
                log.unlink(missing_ok=True)
            raise
        old, self._log = self._log, new
        self._compact_at_bytes = new.size + self._compact_from_bytes
        with suppress(OSError):
            old.close()
            for path in self._folder.iterdir():
                number = revision_of(path)
                if number is not None and number < revision:
                    path.unlink()


def write_snapshot(folder: Path, revision: int, buckets: Sequence[tuple[str, Sequence[Item]]]) -> None:
    """Write all objects of the store to a snapshot file, atomically."""
    path = snapshot_path(folder, revision)
    aside = path.with_suffix(".tmp")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pack((revision, "snapshot")))
            for name, items in buckets:
                for item in items:
                    file.write(pack((item.revision, name, item.key, item.raw)))
            file.write(pack((revision, "end")))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        # Free the space of a failed attempt, because the disk may be full.
        aside.unlink(missing_ok=True)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Fsync a folder, so that renames in it survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(path: Path) -> BinaryIO:
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise FolderInUse(f"data folder {path.parent} is in use by another API server") from error
    return file
