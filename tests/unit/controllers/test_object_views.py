"""What predicates see of an object: a view that reads like its dict and decodes late."""

from typing import Any

import pytest

from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import ObjectView, Predicate, Watch, changed
from plugin_operator.controllers.sources.source import Source
from plugin_operator.tasks import TaskOwner
from plugin_operator.testing.fake_informers import FakeInformer, FakeObject
from plugin_operator.testing.virtual_clock import VirtualClock


class Counting(FakeObject):
    """Counts how often the whole object is decoded."""

    def __init__(self, obj: dict[str, Any]) -> None:
        super().__init__(obj)
        self.decoded = 0

    def decode(self) -> dict[str, Any]:
        """Return a private copy."""
        self.decoded += 1
        return super().decode()


def view(**fields: Any) -> tuple[ObjectView, Counting]:
    obj = Counting({"kind": "Secret", "metadata": {"name": "s", "resourceVersion": "1"}, **fields})
    return ObjectView(obj), obj


def test_a_view_reads_like_the_dict_and_decodes_once() -> None:
    shown, obj = view(data={"a": "1"})
    assert shown["data"]["a"] == "1"
    assert shown.get("spec") is None
    assert "kind" in shown
    assert list(shown) == ["kind", "metadata", "data"]
    assert len(shown) == 3
    assert shown == view(data={"a": "1"})[0]
    assert obj.decoded == 1
    with pytest.raises(KeyError):
        shown["spec"]


def test_metadata_is_read_without_the_rest() -> None:
    shown, obj = view(data={"a": "1"})
    assert shown.metadata().name == "s"
    assert shown.resource_version == "1"
    assert obj.decoded == 0


def test_a_decoded_copy_is_private() -> None:
    shown, _ = view(data={"a": "1"})
    shown.decode()["data"]["a"] = "2"
    assert shown["data"] == {"a": "1"}


def test_a_view_shows_no_content() -> None:
    assert repr(view(data={"a": "geheim"})[0]) == "ObjectView(/s, resource_version='1')"


def source_of(informer: FakeInformer, heard: list[str]) -> Source:
    clock = VirtualClock()
    tasks = TaskOwner("maps", clock=clock)
    return Source(
        informer,
        lambda request, _priority: heard.append(request.name),
        tasks=tasks,
        clock=clock,
        on_stuck=lambda _: None,
    )


class Sized(Predicate):
    """Passes what has grown."""

    def update(self, old: ObjectView, new: ObjectView) -> bool:
        """Compare sizes."""
        return bool(old is new or new["spec"]["size"] > old["spec"]["size"])


@pytest.mark.parametrize("predicate", [Sized(), changed(lambda obj: obj.get("spec"))])
async def test_predicates_compare_the_old_and_the_new_state(predicate: Predicate) -> None:
    heard: list[str] = []
    informer = FakeInformer("widgets")
    source = source_of(informer, heard)
    source.bind((Watch(("widgets",), predicates=(predicate,)),), PluginGuard("p", "1-a", "c", clock=VirtualClock()))
    informer.add_handler(source)
    informer.set("w", spec={"size": 1})
    informer.set("w", spec={"size": 1}, metadata={"labels": {"a": "b"}})
    assert heard == ["w"]
    informer.set("w", spec={"size": 2})
    assert heard == ["w", "w"]


async def test_a_part_that_cannot_be_read_lets_the_change_pass() -> None:
    errors: list[str] = []
    heard: list[str] = []
    informer = FakeInformer("widgets")
    source = source_of(informer, heard)
    guard = PluginGuard("p", "1-a", "c", clock=VirtualClock(), on_error=lambda what, _error: errors.append(what))
    source.bind((Watch(("widgets",), predicates=(changed(lambda obj: obj["spec"]["size"]),)),), guard)
    informer.add_handler(source)
    informer.set("w", spec={})
    informer.set("w", spec={"size": 2})
    assert (heard, errors) == (["w", "w"], ["predicate"])
