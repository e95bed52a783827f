"""A store returns to earlier contents by writes, whatever was written since."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kube_apiserver.storage import Change, Item, Journal, Store, recover

#: A write: bucket, name, and the new value; None deletes.
Write = tuple[str, str, int | None]
WRITES = st.lists(
    st.tuples(st.sampled_from(["configmaps", "secrets"]), st.sampled_from("abc"), st.none() | st.integers(0, 2)),
    max_size=20,
)


def config_map(name: str, value: int, uid: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", "uid": uid, "labels": {"value": str(value)}}
    return {"metadata": metadata, "data": {"value": str(value)}}


def write(store: Store, writes: list[Write]) -> None:
    """Carry writes out; a name that is created again gets another uid."""
    for bucket, name, value in writes:
        there = store.get(bucket, f"default/{name}")
        if value is not None:
            uid = there.uid if there is not None else f"{name}-{store.revision}"
            store.put(bucket, config_map(name, value, uid), "v1", "ConfigMap")
        elif there is not None:
            store.delete(bucket, there.decode(), "v1", "ConfigMap")


def listed(store: Store, *, versions: bool = False) -> dict[str, list[Any]]:
    """Return what a list of each bucket has, in order."""
    found: dict[str, list[Any]] = {}
    for name in ("configmaps", "secrets"):
        items = list(store.page(store.bucket(name), "", ""))
        for item in items:
            assert item.decode()["metadata"]["resourceVersion"] == str(item.revision)
        found[name] = [(item.key, item.uid, item.labels, item.revision if versions else 0) for item in items]
    return found


def replayed(store: Store, bucket: str, revision: int, items: dict[str, Item]) -> dict[str, tuple[str, int]]:
    """Return what a watcher of a bucket has that knew ``items`` at a revision."""
    known = {key: (item.uid, item.revision) for key, item in items.items()}
    changes = store.bucket(bucket).changes(store.bucket(bucket).position_after(revision), 1000)
    for change in changes:
        assert (change.type == "ADDED") == (change.item.key not in known)
        if change.type == "DELETED":
            assert known.pop(change.item.key)[0] == change.item.uid
        else:
            uid = known.get(change.item.key, (change.item.uid,))[0]
            assert uid == change.item.uid, "no object changes its uid without a DELETED between"
            known[change.item.key] = (change.item.uid, change.revision)
    return known


@given(WRITES, WRITES, WRITES)
def test_lists_are_those_of_the_earlier_time_and_revisions_only_grow(
    before: list[Write], after: list[Write], later: list[Write]
) -> None:
    store = Store()
    write(store, before)
    contents, wanted = store.contents(), listed(store)
    for writes in (after, later):
        write(store, writes)
        newest = store.revision
        there = listed(store, versions=True)
        store.return_to(contents)
        assert listed(store) == wanted
        assert store.revision >= newest
        assert store.published_revision == store.revision
        for bucket, items in listed(store, versions=True).items():
            assert all(item in there[bucket] or item[3] > newest for item in items), "an old version came back"


@given(WRITES, WRITES)
def test_a_watcher_that_saw_any_state_follows_to_the_earlier_one(before: list[Write], after: list[Write]) -> None:
    store = Store()
    write(store, before)
    contents, known = store.contents(), store.contents()
    start = store.revision
    write(store, after[: len(after) // 2])
    middle, seen = store.revision, store.contents()
    write(store, after[len(after) // 2 :])
    store.return_to(contents)
    for bucket in store.buckets():
        now = {key: (item.uid, item.revision) for key, item in bucket.items.items()}
        assert replayed(store, bucket.name, start, dict(known.get(bucket.name, {}))) == now
        assert replayed(store, bucket.name, middle, dict(seen.get(bucket.name, {}))) == now


@given(WRITES, WRITES)
def test_a_state_that_is_there_costs_no_revision(before: list[Write], after: list[Write]) -> None:
    store, changes = Store(), list[Change]()
    write(store, before)
    contents = store.contents()
    write(store, after)
    store.return_to(contents)
    store.observe(lambda _, change: changes.append(change))
    revision = store.revision
    store.return_to(contents)
    store.return_to(store.contents())
    assert (store.revision, changes) == (revision, [])


async def test_the_earlier_state_outlives_the_process(tmp_path: Path) -> None:
    store = Store()
    journal = Journal(tmp_path, store)
    store.attach(journal)
    write(store, [("configmaps", "a", 1), ("configmaps", "b", 1)])
    await store.durable(store.revision)
    contents, wanted = store.contents(), listed(store)["configmaps"]
    write(store, [("configmaps", "a", 2), ("configmaps", "b", None), ("configmaps", "c", 1)])
    store.return_to(contents)
    await store.durable(store.revision)
    await journal.close()
    again = Store()
    again.restore(recover(tmp_path))
    assert listed(again)["configmaps"] == wanted
