"""A disk that refuses writes: nothing of a refused write is ever seen, and writes go on once the disk takes them."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kube_apiserver.storage import Change, Journal, JournalFailed, Store, journal, log_file, recover
from plugin_operator.testing.eventually import eventually


class Disk:
    """What the log is written to: fails as told, the rest goes to the real one."""

    def __init__(self) -> None:
        self.write_error = self.sync_error = 0
        self.takes_bytes = 0

    def write(self, file: int, data: Any) -> int:
        if self.write_error and self.takes_bytes:
            taken, self.takes_bytes = self.takes_bytes, 0
            return os.write(file, bytes(data)[:taken])
        if self.write_error:
            raise OSError(self.write_error, os.strerror(self.write_error))
        return os.write(file, data)

    def fsync(self, file: int) -> None:
        if self.sync_error:
            raise OSError(self.sync_error, os.strerror(self.sync_error))
        os.fsync(file)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(log_file, "os", disk)
    monkeypatch.setattr(journal, "os", disk)
    return disk


@pytest.fixture
async def store(tmp_path: Path, disk: Disk) -> AsyncIterator[Store]:
    store = Store()
    kept_in = Journal(tmp_path, store, repair_seconds=0.01)
    store.attach(kept_in)
    yield store
    await asyncio.wait_for(kept_in.close(), 10)


def put(store: Store, name: str, value: str = "x") -> int:
    obj = {"metadata": {"name": name, "namespace": "default", "uid": name}, "data": {"k": value}}
    return store.put("configmaps", obj, "v1", "ConfigMap").revision


async def kept(store: Store, name: str, value: str = "x") -> None:
    await store.durable(put(store, name, value))


def names_on_disk(folder: Path) -> list[str]:
    again = Store()
    again.restore(recover(folder))
    return sorted(item.name for item in again.bucket("configmaps").items.values())


def shown(store: Store) -> dict[str, str]:
    items = store.page(store.bucket("configmaps"), "", "")
    return {item.name: item.decode()["data"]["k"] for item in items}


@pytest.mark.parametrize("taken", [0, 1, 20])
async def test_a_refused_creation_change_and_deletion_are_undone(
    store: Store, disk: Disk, tmp_path: Path, taken: int
) -> None:
    await kept(store, "a", "old")
    await kept(store, "b")
    disk.write_error, disk.takes_bytes = errno.ENOSPC, taken
    put(store, "a", "new")
    put(store, "c")
    gone = store.bucket("configmaps").items["default/b"].decode()
    last = store.delete("configmaps", gone, "v1", "ConfigMap")
    with pytest.raises(JournalFailed, match="No space left on device"):
        await store.durable(last.revision)
    assert shown(store) == {"a": "old", "b": "x"}
    assert sorted(store.bucket("configmaps").items) == ["default/a", "default/b"]
    assert names_on_disk(tmp_path) == ["a", "b"]


async def test_what_is_not_on_disk_yet_is_in_no_answer(store: Store) -> None:
    await kept(store, "a", "old")
    before = store.published_revision
    put(store, "a", "new")
    put(store, "b")
    assert shown(store) == {"a": "old"}
    assert (store.shown("configmaps", "default/b"), store.published_revision) == (None, before)
    await store.durable(store.revision)
    assert shown(store) == {"a": "new", "b": "x"}


async def test_further_writes_are_refused_before_they_change_anything(store: Store, disk: Disk) -> None:
    disk.write_error = errno.EDQUOT
    with pytest.raises(JournalFailed):
        await kept(store, "a")
    assert "cannot be written" in store.problem
    with pytest.raises(JournalFailed):
        put(store, "b")
    with pytest.raises(JournalFailed):
        store.return_to({})
    assert shown(store) == {}


@pytest.mark.parametrize("fault", ["write_error", "sync_error"])
async def test_writes_go_on_once_the_disk_takes_them_and_nothing_refused_comes_back(
    store: Store, disk: Disk, tmp_path: Path, fault: str
) -> None:
    await kept(store, "a")
    setattr(disk, fault, errno.EIO)
    with pytest.raises(JournalFailed):
        await kept(store, "refused")
    await asyncio.sleep(0.05)
    assert store.problem
    setattr(disk, fault, 0)
    await eventually(lambda: not store.problem)
    await kept(store, "b")
    assert names_on_disk(tmp_path) == ["a", "b"]


async def test_watchers_never_hear_of_a_refused_write_and_go_on_after_it(store: Store, disk: Disk) -> None:
    await kept(store, "a")
    with store.cursor(store.bucket("configmaps"), store.published_revision) as cursor:
        disk.write_error = errno.ENOSPC
        with pytest.raises(JournalFailed):
            await kept(store, "refused")
        disk.write_error = 0
        await eventually(lambda: not store.problem)
        await kept(store, "b")
        assert [change.item.name for change in cursor.take(10)] == ["b"]


async def test_observers_are_told_the_way_back(store: Store, disk: Disk) -> None:
    await kept(store, "a")
    seen: list[tuple[str, str, str]] = []

    def observe(_bucket: str, change: Change) -> None:
        seen.append((change.type, change.item.name, change.item.decode()["data"]["k"]))

    store.observe(observe)
    disk.write_error = errno.ENOSPC
    put(store, "a", "new")
    put(store, "b")
    with pytest.raises(JournalFailed):
        await store.durable(store.revision)
    assert seen == [("MODIFIED", "a", "new"), ("ADDED", "b", "x"), ("DELETED", "b", "x"), ("MODIFIED", "a", "x")]


async def test_a_stop_in_the_middle_of_a_failure_is_clean(tmp_path: Path, disk: Disk) -> None:
    store = Store()
    stopped = Journal(tmp_path, store)
    store.attach(stopped)
    await kept(store, "a")
    disk.write_error = errno.ENOSPC
    put(store, "b")
    await asyncio.wait_for(stopped.close(), 10)
    assert names_on_disk(tmp_path) == ["a"]


async def test_a_snapshot_that_finds_no_space_refuses_no_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = 0

    def no_space(*_: Any) -> None:
        nonlocal attempts
        attempts += 1
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(journal, "write_snapshot", no_space)
    store = Store()
    without = Journal(tmp_path, store, compact_from_bytes=1000)
    store.attach(without)
    for number in range(60):
        await kept(store, f"c{number}")
    await without.close()
    assert 1 <= attempts <= 20
    assert len(names_on_disk(tmp_path)) == 60


async def test_a_compaction_of_the_history_keeps_what_is_not_published(store: Store) -> None:
    await kept(store, "a")
    with store.cursor(store.bucket("configmaps"), store.published_revision) as cursor:
        revision = put(store, "b")
        store.compact()
        await store.durable(revision)
        assert [change.item.name for change in cursor.take(10)] == ["b"]


async def test_an_end_of_zeros_that_a_power_loss_left_is_cut_off(store: Store, tmp_path: Path) -> None:
    await kept(store, "a")
    append_zeros(tmp_path)
    assert names_on_disk(tmp_path) == ["a"]


def append_zeros(folder: Path) -> None:
    (log,) = folder.glob("log-*")
    log.write_bytes(log.read_bytes() + bytes(4096))


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_fails_when_what_is_shown_and_what_is_on_disk_are_the_acknowledged_writes(
    store: Store, disk: Disk, tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    acknowledged: dict[str, str] = {}
    for step in range(40):
        disk.write_error, disk.sync_error = random.choice([(0, 0), (0, 0), (errno.ENOSPC, 0), (0, errno.EIO)])
        disk.takes_bytes = random.choice([0, 5, 50])
        wanted = dict(acknowledged)
        try:
            for _ in range(random.randint(1, 4)):
                change(store, random, wanted, str(step))
            assert shown(store) == acknowledged
            await store.durable(store.revision)
        except JournalFailed:
            assert shown(store) == acknowledged
            disk.write_error = disk.sync_error = 0
            await eventually(lambda: not store.problem)
        else:
            acknowledged = wanted
        assert shown(store) == acknowledged
    assert names_on_disk(tmp_path) == sorted(acknowledged)


def change(store: Store, random: Random, wanted: dict[str, str], value: str) -> None:
    name = random.choice("abcd")
    if name in wanted and random.random() < 0.4:
        obj = store.bucket("configmaps").items[f"default/{name}"].decode()
        store.delete("configmaps", obj, "v1", "ConfigMap")
        del wanted[name]
    else:
        put(store, name, value)
        wanted[name] = value
