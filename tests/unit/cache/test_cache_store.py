import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from plugin_operator.cache import Index, Lister, time_slice
from plugin_operator.cache.handlers import HANDLER_ERRORS, Distributor
from plugin_operator.cache.objects import CachedObject
from plugin_operator.cache.store import Store
from plugin_operator.hosting.runtime.caches.listers import merged_lister
from plugin_operator.kube import GroupVersionKind, NamespacedName, SelectorError
from plugin_operator.metrics import Metrics
from plugin_operator.testing.virtual_clock import VirtualClock


class Recorder:
    def __init__(self, fails: bool = False) -> None:
        self.heard: list[Any] = []
        self.fails = fails

    def note(self, *what: Any) -> None:
        self.heard.append(what)
        if self.fails:
            raise RuntimeError("on purpose")

    def on_add(self, key: NamespacedName, new: CachedObject, is_initial: bool) -> None:
        self.note("add", str(key), new.resource_version, is_initial)

    def on_update(self, key: NamespacedName, old: CachedObject, new: CachedObject) -> None:
        self.note("update", str(key), old.resource_version, new.resource_version)

    def on_delete(self, key: NamespacedName, old: CachedObject) -> None:
        self.note("delete", str(key), old.resource_version)


def make(name: str, version: int, namespace: str = "ns", **labels: Any) -> CachedObject:
    pairs = ",".join(f'"{key}":"{value}"' for key, value in labels.items())
    raw = f'{{"metadata":{{"name":"{name}","namespace":"{namespace}","labels":{{{pairs}}}}}}}'
    return CachedObject(raw.encode(), namespace, name, str(version))


def found(lister: Lister, key: NamespacedName | tuple[str, str] | str) -> dict[str, Any]:
    obj = lister.get(key)
    assert obj is not None
    return obj


POD = GroupVersionKind("", "v1", "Pod")
NODE = GroupVersionKind("", "v1", "Node")
WIDGET = GroupVersionKind("example.com", "v1", "Widget")


class Silence:
    """Stands for the sink of changes."""

    def added(self, new: CachedObject) -> None: ...

    def updated(self, old: CachedObject, new: CachedObject) -> None: ...

    def deleted(self, old: CachedObject) -> None: ...


def lister_of(kind: GroupVersionKind | None, *objects: CachedObject) -> Lister:
    store = Store(Silence())
    for each in objects:
        store.upsert(each)
    return Lister(store, kind=kind)


def reads_of(lister: Any) -> list[Callable[[], Any]]:
    return [
        lambda: lister.get("a"),
        lambda: lister.get("a", ""),
        lambda: lister.raw("a"),
        lambda: lister.cached("a"),
        lambda: "a" in lister,
    ]


@pytest.mark.parametrize(
    ("lister", "kind"),
    [
        (lister_of(POD), "v1/Pod 'a'"),
        (lister_of(WIDGET, make("a", 1)), "example.com/v1/Widget 'a'"),
        (lister_of(None, make("a", 1)), "'a'"),
        (lister_of(POD).with_indexes({}), "v1/Pod 'a'"),
    ],
)
def test_a_name_without_a_namespace_of_a_namespaced_kind_is_an_error(lister: Any, kind: str) -> None:
    for read in reads_of(lister):
        with pytest.raises(ValueError, match=r"no namespace is given for") as raised:
            read()
        way_out = "pass the request, or namespace=request.namespace"
        assert str(raised.value) == f"no namespace is given for {kind}, which is namespaced: {way_out}"


def test_a_lister_over_several_namespaces_does_not_look_for_a_name_alone() -> None:
    for read in reads_of(merged_lister({"ns": lister_of(POD), "other": lister_of(POD)})):
        with pytest.raises(ValueError, match=r"no namespace is given for .*'a', which is namespaced: pass the request"):
            read()


def test_a_name_without_a_namespace_is_enough_for_other_kinds() -> None:
    for lister in (lister_of(NODE), lister_of(NODE, make("b", 1, namespace="")), lister_of(WIDGET)):
        assert [read() for read in reads_of(lister)] == [None, None, None, None, False]
    lister = lister_of(WIDGET, make("a", 1, namespace=""))
    assert found(lister, "a")["metadata"]["name"] == "a"
    assert "a" in lister
    assert lister_of(POD).get("ns/a") is None


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def distributor(metrics: Metrics) -> Distributor:
    return Distributor(metrics, VirtualClock())


@pytest.fixture
def store(distributor: Distributor) -> Store:
    return Store(distributor)


def test_changes_are_told_in_order_and_a_known_version_is_no_change(store: Store, distributor: Distributor) -> None:
    recorder = Recorder()
    distributor.register(recorder, store)
    store.upsert(make("a", 1))
    distributor.synced = True
    store.upsert(make("a", 1))
    store.upsert(make("a", 2))
    store.upsert(make("b", 3))
    store.remove(make("a", 4))
    store.remove(make("a", 5))
    store.remove(make("a", 5, namespace="other"))
    assert recorder.heard == [
        ("add", "ns/a", "1", True),
        ("update", "ns/a", "1", "2"),
        ("add", "ns/b", "3", False),
        ("delete", "ns/a", "4"),
    ]
    assert len(store) == 1


def test_a_relist_updates_what_changed_and_deletes_what_is_gone(store: Store, distributor: Distributor) -> None:
    for name in "abc":
        store.upsert(make(name, 1))
    recorder = Recorder()
    distributor.register(recorder, Store(Distributor(Metrics(), VirtualClock())))
    store.begin_list()
    store.upsert(make("a", 1))
    store.begin_list()  # the first try broke off; what it brought counts no more
    store.upsert(make("b", 2))
    store.upsert(make("c", 1))
    store.end_list()
    assert recorder.heard == [("update", "ns/b", "1", "2"), ("delete", "ns/a", "1")]


def test_what_a_relist_brings_may_be_older_than_what_was_there(store: Store) -> None:
    store.upsert(make("a", 9))
    store.begin_list()
    store.upsert(make("a", 3))
    store.end_list()
    stored = store.get("ns", "a")
    assert stored is not None
    assert stored.resource_version == "3"


def test_a_late_handler_hears_of_what_is_there_as_initial(store: Store, distributor: Distributor) -> None:
    distributor.synced = True
    store.upsert(make("a", 1))
    recorder = Recorder()
    registration = distributor.register(recorder, store)
    distributor.unregister(registration)
    distributor.unregister(registration)
    store.upsert(make("a", 2))
    assert recorder.heard == [("add", "ns/a", "1", True)]


def test_a_handler_that_raises_harms_no_other_and_is_counted(
    store: Store, distributor: Distributor, metrics: Metrics
) -> None:
    bad, good = Recorder(fails=True), Recorder()
    distributor.register(bad, store)
    distributor.register(good, store)
    store.upsert(make("a", 1))
    store.upsert(make("a", 2))
    store.remove(make("a", 3))
    assert len(good.heard) == len(bad.heard) == 3
    assert metrics.family(HANDLER_ERRORS).get("", "event handler") == 3


def test_reads_find_objects_by_every_form_of_key(store: Store) -> None:
    store.upsert(make("a", 1))
    store.upsert(make("c", 1, namespace=""))
    lister = Lister(store)
    for key in (NamespacedName("ns", "a"), ("ns", "a"), "ns/a"):
        assert found(lister, key)["metadata"]["name"] == "a"
        assert key in lister
    assert lister.get("a", "ns") == lister.get("ns/a")
    assert found(lister, "c")["metadata"]["name"] == "c"
    with pytest.raises(ValueError, match="no namespace is given for 'a'"):
        lister.get("a")
    assert 7 not in lister
    assert len(lister) == 2


def test_what_is_read_can_be_changed_without_harm(store: Store) -> None:
    store.upsert(make("a", 1, x="y"))
    lister = Lister(store)
    found(lister, "ns/a")["metadata"]["labels"]["x"] = "changed"
    lister.list()[0]["metadata"].clear()
    assert found(lister, "ns/a")["metadata"]["labels"] == {"x": "y"}


def test_lists_are_narrowed_by_namespace_and_labels(store: Store) -> None:
    for name, namespace, tier in (("a", "one", "x"), ("b", "one", "y"), ("a", "two", "x")):
        store.upsert(make(name, 1, namespace, tier=tier))
    lister = Lister(store)
    assert [str(key) for key in lister.keys("one")] == ["one/a", "one/b"]
    assert [str(key) for key in lister.keys(label_selector="tier=x")] == ["one/a", "two/a"]
    assert [obj["metadata"]["name"] for obj in lister.list("one", "tier notin (x)")] == ["b"]
    assert lister.list("three") == []
    with pytest.raises(SelectorError):
        lister.list(label_selector="=")
    store.remove(make("a", 2, "two"))
    assert lister.list("two") == []


def test_reading_goes_on_while_objects_come_and_go(store: Store) -> None:
    # A plain reconciler reads in a thread: any of these changes may come between two objects.
    for name in ("a", "b"):
        store.upsert(make(name, 1, "one"))
    everything, one_namespace = iter(store), iter(store.in_namespace("one"))
    next(everything), next(one_namespace)

    store.upsert(make("c", 1, "one"))
    store.upsert(make("d", 1, "two"))
    store.remove(make("a", 2, "one"))

    assert [obj.name for obj in everything][:1] == ["b"]
    assert [obj.name for obj in one_namespace] == ["b"]


def by_tier(obj: CachedObject) -> tuple[str, ...]:
    return tuple((obj.metadata().labels or {}).get("tier", "").split("-")) if obj.metadata().labels else ()


def test_an_index_follows_every_change(store: Store) -> None:
    index = Index(by_tier)
    store.add_index(index)
    lister = Lister(store).with_indexes({"tier": index})
    store.upsert(make("a", 1, tier="x-y"))
    store.upsert(make("b", 1, "other", tier="x"))
    store.upsert(make("c", 1))

    def names(value: str) -> list[str]:
        return [obj["metadata"]["name"] for obj in lister.by_index("tier", value)]

    assert (names("x"), names("y")) == (["a", "b"], ["a"])
    assert [key.name for key in lister.index_keys("tier", "x", "other")] == ["b"]
    store.upsert(make("a", 2, tier="z"))
    assert (names("x"), names("y"), names("z")) == (["b"], [], ["a"])
    store.remove(make("b", 3, "other"))
    assert names("x") == []
    store.remove_index(index)
    store.upsert(make("d", 1, tier="x"))
    assert (names("x"), names("z")) == ([], ["a"])


def test_an_unknown_index_names_those_there_are(store: Store) -> None:
    with pytest.raises(LookupError, match="there is no index 'x', and no other: declare it with indexes="):
        Lister(store).by_index("x", "y")
    with pytest.raises(LookupError, match="there is no index 'x', only 'owner', 'tier'"):
        Lister(store).with_indexes({"tier": Index(by_tier), "owner": Index(by_tier)}).index_keys("x", "y")


def test_names_of_namespaces_and_objects_are_kept_once(store: Store) -> None:
    first, second, again = make("a", 1, "n" + "s"), make("b", 1, "n" + "s"), make("a", 2)
    for obj in (first, second, again):
        store.upsert(obj)
    assert first.namespace is second.namespace
    assert again.name is first.name


class HurriedClock(VirtualClock):
    """Every look at it finds another slice over, as with predicates and map functions that take long."""

    def monotonic(self) -> float:
        self._monotonic += 1
        return self._monotonic


async def test_a_long_replay_lets_the_loop_turn_and_misses_nothing_that_changes_meanwhile(metrics: Metrics) -> None:
    distributor = Distributor(metrics, HurriedClock())
    store = Store(distributor)
    for number in range(100):
        store.upsert(make(f"n{number:02}", 1))
    recorder, leaver = Recorder(), Recorder()
    registration = distributor.register(recorder, store)
    left = distributor.register(leaver, store)
    assert (len(recorder.heard), registration.replayed) == (1, False)
    distributor.unregister(left)
    store.upsert(make("n50", 2))
    store.remove(make("n60", 2))
    for _ in range(110):
        await asyncio.sleep(0)
    assert registration.replayed
    added = [heard[1:] for heard in recorder.heard if heard[0] == "add"]
    assert len(added) == 99
    assert ("ns/n50", "2", True) in added
    assert ("delete", "ns/n60", "2") in recorder.heard
    assert len(leaver.heard) == 1


def test_the_clock_is_read_for_many_quick_events_at_once_and_for_each_slow_one() -> None:
    looks = [
        time_slice.look_every(seconds, events) for seconds, events in ((0.0, 1), (0.0004, 1), (0.001, 1), (0.1, 32))
    ]
    assert looks == [time_slice.LOOK_EVERY, time_slice.LOOK_EVERY, 1, 1]


def test_a_known_version_with_other_content_is_a_change_because_the_server_may_have_lost_history(
    store: Store, distributor: Distributor
) -> None:
    recorder = Recorder()
    distributor.register(recorder, store)
    store.upsert(make("a", 7, colour="red"))
    store.begin_list()
    store.upsert(make("a", 7, colour="blue"))
    store.end_list()
    assert recorder.heard[1:] == [("update", "ns/a", "7", "7")]
    stored = store.get("ns", "a")
    assert stored is not None
    assert b"blue" in stored.raw


def test_an_object_made_anew_while_nobody_watched_is_a_deletion_and_an_addition(
    store: Store, distributor: Distributor
) -> None:
    def born(uid: str, version: int) -> CachedObject:
        raw = f'{{"metadata":{{"name":"a","namespace":"ns","uid":"{uid}","generation":1}}}}'
        return CachedObject(raw.encode(), "ns", "a", str(version))

    recorder = Recorder()
    distributor.synced = True
    distributor.register(recorder, store)
    store.upsert(born("first", 1))
    store.begin_list()
    store.upsert(born("second", 5))
    store.end_list()
    assert recorder.heard[1:] == [("delete", "ns/a", "1"), ("add", "ns/a", "5", False)]
    assert len(store) == 1


def test_a_reader_finds_an_indexed_object_while_it_is_replaced(store: Store) -> None:
    found: list[list[str]] = []

    def values(obj: CachedObject) -> tuple[str, ...]:
        found.append([each.resource_version for each in index.get("x")])
        return ("x",)

    index = Index(values)
    store.add_index(index)
    for version in (1, 2, 3):
        store.upsert(make("a", version))
    assert found == [[], ["1"], ["2"]]
