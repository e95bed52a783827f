"""The journal: what was acknowledged comes back, whatever happened to the end of the file."""

from pathlib import Path
from typing import Any

import pytest

from kube_apiserver.storage import DataBroken, FolderInUse, Journal, Store, recover


def config_map(name: str, value: str = "x") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "default", "uid": name}, "data": {"k": value}}


async def written(folder: Path, count: int, **options: Any) -> tuple[Store, Journal]:
    store = Store()
    found = recover(folder)
    if found.revision:
        store.restore(found)
    journal = Journal(folder, store, **options)
    store.attach(journal)
    for index in range(count):
        item = store.put("configmaps", config_map(f"c{index:04d}"), "v1", "ConfigMap")
        await store.durable(item.revision)
    return store, journal


async def test_writes_come_back_as_objects_and_as_history(tmp_path: Path) -> None:
    store, journal = await written(tmp_path, 3)
    last = store.delete("configmaps", config_map("c0001"), "v1", "ConfigMap")
    await store.durable(last.revision)
    await journal.close()
    again = Store()
    again.restore(recover(tmp_path))
    bucket = again.bucket("configmaps")
    assert sorted(bucket.items) == ["default/c0000", "default/c0002"]
    assert again.revision > last.revision
    changes = bucket.changes(bucket.position_after(last.revision - 2), 10)
    assert [change.type for change in changes] == ["ADDED", "DELETED"]


@pytest.mark.parametrize("cut", [1, 7, 20])
async def test_a_torn_end_is_cut_off_and_the_rest_kept(tmp_path: Path, cut: int) -> None:
    _, journal = await written(tmp_path, 3)
    await journal.close()
    (log,) = tmp_path.glob("log-*")
    log.write_bytes(log.read_bytes()[:-cut])
    assert sorted(recover(tmp_path).items) == []
    found = recover(tmp_path)
    assert [change.item.name for _, change in found.changes] == ["c0000", "c0001"]
    _, journal = await written(tmp_path, 1)
    await journal.close()
    assert len(recover(tmp_path).changes) == 3


async def test_damage_in_the_middle_is_reported_and_not_skipped(tmp_path: Path) -> None:
    _, journal = await written(tmp_path, 3)
    await journal.close()
    (log,) = tmp_path.glob("log-*")
    damaged = bytearray(log.read_bytes())
    damaged[20] ^= 0xFF
    log.write_bytes(damaged)
    with pytest.raises(DataBroken, match="does not match its checksum"):
        recover(tmp_path)


async def test_the_log_compacts_itself_into_a_snapshot(tmp_path: Path) -> None:
    store, journal = await written(tmp_path, 60, compact_from_bytes=2000)
    for index in range(60):
        item = store.put("configmaps", config_map(f"c{index:04d}", "changed"), "v1", "ConfigMap")
        await store.durable(item.revision)
    await journal.close()
    assert len(list(tmp_path.glob("snapshot-*"))) == 1
    assert sum(path.stat().st_size for path in tmp_path.glob("log-*")) < 4000
    again = Store()
    again.restore(recover(tmp_path))
    items = again.bucket("configmaps").items.values()
    assert len(items) == 60
    assert all(item.decode()["data"] == {"k": "changed"} for item in items)


async def test_an_unfinished_snapshot_is_ignored(tmp_path: Path) -> None:
    _, journal = await written(tmp_path, 3)
    await journal.close()
    (tmp_path / "snapshot-00000000000000009999").write_bytes(b"half")
    assert len(recover(tmp_path).changes) == 3


async def test_two_servers_cannot_share_a_folder(tmp_path: Path) -> None:
    _, journal = await written(tmp_path, 1)
    with pytest.raises(FolderInUse):
        Journal(tmp_path, Store())
    await journal.close()


async def test_watchers_see_a_write_only_once_it_is_on_disk(tmp_path: Path) -> None:
    store, journal = await written(tmp_path, 1)
    bucket = store.bucket("configmaps")
    with store.cursor(bucket, store.revision) as cursor:
        item = store.put("configmaps", config_map("late"), "v1", "ConfigMap")
        assert not cursor.take(10)
        await store.durable(item.revision)
        assert [change.item.name for change in cursor.take(10)] == ["late"]
    await journal.close()
