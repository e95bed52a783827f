"""Events of objects whose deletion waits for a finalizer that no cleanup takes off."""

from typing import Any

import pytest

from plugin_operator.hosting.finalizers import held_deletions
from plugin_operator.hosting.finalizers.held_deletions import HeldDeletions
from plugin_operator.hosting.finalizers.ledger import KeptFinalizer
from plugin_operator.hosting.finalizers.live_finalizers import FinalizedObject
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.testing.virtual_clock import VirtualClock

KIND = GroupVersionKind.parse("v1/ConfigMap")
KEPT = KeptFinalizer(KIND, "copies")


class Events:
    """The Events of one object each, as controller, name and message."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, str]] = []

    def bind(self, component: str) -> Any:
        self.component = component
        return self

    def event(self, about: dict[str, Any], _type: str, _reason: str, message: str) -> None:
        self.found.append((self.component, about["metadata"]["name"], message))

    @property
    def names(self) -> list[str]:
        return [name for _, name, _ in self.found]


def obj(name: str, *, is_deleted: bool = True) -> FinalizedObject:
    key = NamespacedName("default", name)
    return FinalizedObject(KIND, key, f"uid-{name}", "1", (KEPT.finalizer,), is_deleted)


def test_an_event_names_the_finalizer_and_the_way_out_once_for_each_object_that_is_being_deleted() -> None:
    events = Events()
    held = HeldDeletions(events.bind, VirtualClock())
    held.report(KEPT, [obj("a"), obj("lives", is_deleted=False)], "put the file back")
    held.report(KEPT, [obj("a"), obj("b")], "put the file back")
    message = "the deletion waits for the finalizer plugin-operator.cleanup/copies: put the file back"
    assert events.found == [("copies", "a", message), ("copies", "b", message)]


def test_the_event_comes_again_once_the_api_server_has_forgotten_it() -> None:
    events, clock = Events(), VirtualClock()
    held = HeldDeletions(events.bind, clock)
    for seconds in (0.0, held_deletions.AGAIN_SECONDS - 1, 1.0):
        clock.suspend(seconds)
        held.report(KEPT, [obj("a")], "why")
    assert events.names == ["a", "a"]


def test_many_objects_get_their_events_a_few_at_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_deletions, "MOST_AT_ONCE", 2)
    events = Events()
    held = HeldDeletions(events.bind, VirtualClock())
    for _ in range(2):
        held.report(KEPT, [obj("a"), obj("b"), obj("c")], "why")
    assert events.names == ["a", "b", "c"]
