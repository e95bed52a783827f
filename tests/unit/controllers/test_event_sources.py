"""From events to requests: handlers, predicates, and authors' code that raises."""

import asyncio
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import (
    ControllerSpec,
    EnqueueForOwner,
    EnqueueMapped,
    Predicate,
    Request,
    Watch,
    annotations_changed,
    generation_changed,
    labels_changed,
    matches,
    resource_version_changed,
)
from plugin_operator.controllers.object_view import ObjectView
from plugin_operator.controllers.sources.source import Source
from plugin_operator.kube import GroupVersionKind
from plugin_operator.tasks import TaskOwner
from plugin_operator.testing.fake_informers import FakeInformer, FakeObject
from plugin_operator.testing.virtual_clock import VirtualClock
from plugin_operator.workqueue import LOW_PRIORITY

DEPLOYMENT = GroupVersionKind.parse("apps/v1/Deployment")


class Ear:
    """A source bound to watches, and what it enqueued."""

    def __init__(self, *watches: Watch) -> None:
        self.heard: list[Any] = []
        self.errors: list[Any] = []
        self.informer = FakeInformer("pods")
        self.clock = VirtualClock()
        self.source = Source(
            self.informer,
            lambda request, priority: self.heard.append((str(request), priority)),
            tasks=TaskOwner("maps", clock=self.clock),
            clock=self.clock,
            on_stuck=lambda _: None,
        )
        guard = PluginGuard("p", "1-a", "c", clock=self.clock, on_error=lambda what, _error: self.errors.append(what))
        self.source.bind(watches, guard)
        self.informer.add_handler(self.source)

    def take(self) -> list[tuple[str, int]]:
        taken, self.heard = self.heard, []
        return taken


def owned_by(*owners: Any) -> dict[str, Any]:
    return {
        "ownerReferences": [
            {"apiVersion": api_version, "kind": kind, "name": name, "uid": "u", "controller": controller}
            for api_version, kind, name, controller in owners
        ]
    }


async def test_initial_adds_come_at_low_priority_and_live_ones_do_not() -> None:
    ear = Ear(Watch(("pods",)))
    ear.source.on_add(Request("ns", "old"), FakeObject({"metadata": {}}), True)
    ear.informer.set("new")
    assert ear.take() == [("ns/old", LOW_PRIORITY), ("default/new", 0)]


async def test_an_update_that_changed_nothing_comes_at_low_priority() -> None:
    ear = Ear(Watch(("pods",)))
    same = FakeObject({"metadata": {"resourceVersion": "5"}})
    ear.source.on_update(Request("ns", "a"), same, same)
    assert ear.take() == [("ns/a", LOW_PRIORITY)]


async def test_owners_of_the_right_group_and_kind_hear_of_their_objects() -> None:
    ear = Ear(Watch(("pods",), EnqueueForOwner(DEPLOYMENT)))
    owners = [
        ("apps/v1", "Deployment", "mine", True),
        ("apps/v1beta1", "Deployment", "other-version", True),
        ("apps/v1", "Deployment", "no-controller", False),
        ("apps/v1", "ReplicaSet", "other-kind", True),
        ("extensions/v1", "Deployment", "other-group", True),
    ]
    ear.informer.set("p", metadata=owned_by(*owners))
    assert [name for name, _ in ear.take()] == ["default/mine", "default/other-version"]


async def test_an_object_that_changes_owner_wakes_both() -> None:
    ear = Ear(Watch(("pods",), EnqueueForOwner(DEPLOYMENT, only_controller=False)))
    ear.informer.set("p", metadata=owned_by(("apps/v1", "Deployment", "before", True)))
    ear.take()
    ear.informer.set("p", metadata=owned_by(("apps/v1", "Deployment", "after", None)))
    assert [name for name, _ in ear.take()] == ["default/before", "default/after"]


async def test_a_cluster_scoped_owner_has_no_namespace() -> None:
    ear = Ear(Watch(("pods",), EnqueueForOwner(GroupVersionKind.parse("v1/Node"), namespaced=False)))
    ear.informer.set("p", metadata=owned_by(("v1", "Node", "n1", True)))
    assert ear.take() == [("n1", 0)]


@pytest.mark.parametrize(
    ("returned", "requests"),
    [
        ([Request("x", "y")], ["x/y"]),
        ([("x", "y"), "z/w", "clusterwide"], ["x/y", "z/w", "clusterwide"]),
        ("x/y", ["x/y"]),
        (Request("x", "y"), ["x/y"]),
        (None, []),
        ((each for each in [("a", "b")]), ["a/b"]),
    ],
    ids=["one", "mixed", "text", "request", "nothing", "generator"],
)
async def test_a_map_function_may_return_requests_in_any_handy_shape(returned: Any, requests: list[str]) -> None:
    ear = Ear(Watch(("pods",), EnqueueMapped(lambda _: returned)))
    ear.informer.set("p")
    assert [name for name, _ in ear.take()] == requests


@pytest.mark.parametrize("returned", [[5], [("only-one",)], 7, ["a/b/c"]], ids=str)
async def test_a_map_function_that_returns_nonsense_is_counted_and_harms_nobody(returned: Any) -> None:
    ear = Ear(Watch(("pods",), EnqueueMapped(lambda _: returned)), Watch(("pods",)))
    ear.informer.set("p")
    assert ear.take() == [("default/p", 0)]
    assert ear.errors == ["map"]


async def test_a_map_function_that_returns_an_object_does_not_show_it_in_the_log() -> None:
    ear = Ear(Watch(("pods",), EnqueueMapped(lambda obj: [obj])))
    with capture_logs() as logged:
        ear.informer.set("p", data={"password": "hunter2"})
    assert ear.errors == ["map"]
    assert "hunter2" not in str(logged)


async def test_a_predicate_that_raises_lets_the_event_through() -> None:
    ear = Ear(Watch(("pods",), predicates=(matches(lambda obj: obj["missing"]),)))
    ear.informer.set("p")
    assert ear.take() == [("default/p", 0)]
    assert ear.errors == ["predicate"]


async def test_an_event_needs_every_predicate() -> None:
    ear = Ear(Watch(("pods",), predicates=(generation_changed, labels_changed)))
    ear.informer.set("p", metadata={"generation": 1, "labels": {"a": "1"}})
    ear.informer.set("p", metadata={"generation": 2, "labels": {"a": "1"}})
    ear.informer.set("p", metadata={"generation": 2, "labels": {"a": "2"}})
    ear.informer.set("p", metadata={"generation": 3, "labels": {"a": "3"}})
    ear.informer.remove("p")
    assert len(ear.take()) == 3


@pytest.mark.parametrize(
    ("predicate", "metadata", "passes"),
    [
        (generation_changed, {"generation": 2}, True),
        (generation_changed, {"labels": {"x": "y"}}, False),
        (labels_changed, {"labels": {"x": "y"}}, True),
        (labels_changed, {"labels": {}}, False),
        (annotations_changed, {"annotations": {"x": "y"}}, True),
        (annotations_changed, {"labels": {"x": "y"}}, False),
        (resource_version_changed, {"resourceVersion": "2"}, True),
        (resource_version_changed, {}, False),
        (~labels_changed, {"labels": {"x": "y"}}, False),
        (labels_changed | annotations_changed, {"annotations": {"x": "y"}}, True),
        (labels_changed & annotations_changed, {"annotations": {"x": "y"}}, False),
        (matches(lambda obj: obj["metadata"].get("labels") == {"x": "y"}), {"labels": {"x": "y"}}, True),
    ],
)
def test_predicates_judge_updates(predicate: Any, metadata: dict[str, Any], passes: bool) -> None:
    old = FakeObject({"metadata": {"resourceVersion": "1", "generation": 1}})
    new = FakeObject({"metadata": {"resourceVersion": "1", "generation": 1, **metadata}})
    assert predicate.update(old, new) is passes


GOING = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["plugin-operator/c"]}
NEVER = matches(lambda obj: False)


@pytest.mark.parametrize(
    "predicate",
    [
        generation_changed,
        labels_changed,
        annotations_changed,
        resource_version_changed & labels_changed,
        ~resource_version_changed,
        generation_changed & labels_changed,
        NEVER,
        ~Predicate(),
    ],
)
async def test_the_beginning_of_a_deletion_passes_every_predicate(predicate: Any) -> None:
    ear = Ear(Watch(("pods",), predicates=(predicate, NEVER)))
    ear.informer.set("p", metadata={"generation": 1})
    ear.take()
    ear.informer.set("p", metadata={"generation": 1, **GOING})
    assert ear.take() == [("default/p", 0)]
    ear.informer.set("p", metadata={"generation": 1, **GOING, "annotations": {"still": "going"}})
    assert ear.take() == []
    ear.informer.remove("p")
    assert ear.take() == []


async def test_an_object_that_is_being_deleted_at_the_start_passes_every_predicate() -> None:
    ear = Ear(Watch(("pods",), predicates=(NEVER,)))
    ear.informer.set("stays")
    ear.informer.set("goes", metadata=GOING)
    assert [name for name, _ in ear.take()] == ["default/goes"]


@pytest.mark.parametrize("predicate", [generation_changed, ~generation_changed, generation_changed | labels_changed])
async def test_changes_of_objects_without_a_generation_pass_what_compares_generations(predicate: Any) -> None:
    ear = Ear(Watch(("pods",), predicates=(predicate,)))
    ear.informer.set("p", data={"a": "1"})
    ear.take()
    ear.informer.set("p", data={"a": "2"})
    assert ear.take() == [("default/p", 0)]


def test_combined_predicates_judge_creations_and_deletions_too() -> None:
    class Never(Predicate):
        def create(self, new: ObjectView) -> bool:
            return False

        def delete(self, old: ObjectView) -> bool:
            return False

    obj = cast("ObjectView", FakeObject({"metadata": {}}))
    always, never = Predicate(), Never()
    for event in ("create", "delete"):
        assert getattr(always & ~never, event)(obj)
        assert getattr(always | never, event)(obj)
        assert not getattr(always & never, event)(obj)
    assert (always & ~never).update(obj, obj) is False


async def test_a_replay_of_a_large_cache_lets_the_loop_breathe() -> None:
    ear = Ear(Watch(("pods",)))
    for number in range(1000):
        ear.informer.set(f"p{number}")
    ear.take()
    replay = asyncio.ensure_future(ear.source.replay(as_update=False))
    await asyncio.sleep(0)
    assert 0 < len(ear.heard) < 1000
    ear.informer.remove("p999")
    await replay
    heard = ear.take()
    assert ("default/p999", 0) in heard
    assert ("default/p999", LOW_PRIORITY) not in heard
    assert len(heard) == 1000


@pytest.mark.parametrize("settings", [{"max_concurrent_reconciles": 0}, {"resync_seconds": -1}], ids=str)
def test_a_spec_refuses_numbers_out_of_range(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        ControllerSpec("c", (), **settings)


def test_a_spec_names_each_informer_once() -> None:
    spec = ControllerSpec("c", (Watch(("a", "b")), Watch(("b", "c"))))
    assert spec.informer_keys == ("a", "b", "c")
