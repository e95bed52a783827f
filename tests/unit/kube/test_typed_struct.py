"""``Struct`` records which fields an author set; decoded values have no such record."""

import ast
import copy
import inspect
import pickle
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

import msgspec
import pytest

from plugin_operator.kinds import apps_v1
from plugin_operator.kube.objects import ApiObject, Metadata, Struct, fields_set, struct
from plugin_operator.kube.objects.struct import was_read
from plugin_operator.kube.objects.wire import to_wire


class Spec(Struct):
    size: int = 3
    color: str


class Widget(ApiObject):
    spec: Spec


def widget() -> Widget:
    return Widget(metadata=Metadata(name="a"), spec=Spec(size=3, color="red"))


def test_a_field_set_to_its_default_counts_as_set() -> None:
    assert fields_set(Spec(size=3, color="red")) == frozenset({"size", "color"})
    assert fields_set(Spec(color="red")) == frozenset({"color"})


def test_an_assignment_counts_as_set() -> None:
    spec = Spec(color="red")
    spec.size = 3
    assert fields_set(spec) == frozenset({"size", "color"})


def test_of_a_decoded_value_what_was_assigned_since_counts_as_set() -> None:
    spec = msgspec.json.decode(b'{"color": "red"}', type=Spec)
    assert fields_set(spec) == frozenset()
    spec.size = 3
    assert fields_set(spec) == frozenset({"size"})


class Sized(Struct):
    """A class with all that an attribute may be besides a field."""

    kind: ClassVar[str] = "sized"
    _private = 1
    replicas: int = 1
    cluster_ip: str = ""

    @property
    def double(self) -> int:
        """Return twice the replicas."""
        return 2 * self.replicas

    @double.setter
    def double(self, value: int) -> None:
        self.replicas = value // 2

    @cached_property
    def text(self) -> str:
        """Return a text that is made once."""
        return "x" * self.replicas


@pytest.mark.parametrize(
    ("make", "name", "words"),
    [
        (Sized, "replica", "Sized has no field 'replica': did you mean 'replicas'?"),
        (Sized, "clusterIp", "Sized has no field 'clusterIp': did you mean 'cluster_ip'?"),
        (Sized, "zzz", "Sized has no field 'zzz': it has replicas, cluster_ip"),
        (lambda: msgspec.json.decode(b"{}", type=Sized), "replica", "did you mean 'replicas'?"),
        (widget, "stauts", "Widget has no field 'stauts'"),
        (lambda: widget().metadata, "lables", "Metadata has no field 'lables': did you mean 'labels'?"),
        (apps_v1.Deployment, "spce", "Deployment has no field 'spce': did you mean 'spec'?"),
        (apps_v1.DeploymentSpec, "replica", "DeploymentSpec has no field 'replica': did you mean 'replicas'?"),
        (apps_v1.DeploymentSpec, "_raw", "has no field '_raw'"),
    ],
)
def test_a_misspelled_field_cannot_be_assigned(make: Callable[[], Struct], name: str, words: str) -> None:
    made = make()
    with pytest.raises(AttributeError) as caught:
        setattr(made, name, 1)
    assert words in str(caught.value)
    assert not hasattr(made, name)


def test_properties_of_a_class_work_as_in_other_classes() -> None:
    made = Sized()
    made.double = 6
    assert (made.replicas, made.double, made.text, made.kind, fields_set(made)) == (
        *(3, 6, "xxx", "sized"),
        frozenset({"replicas"}),
    )
    with pytest.raises(AttributeError):
        setattr(made, "kinds", "x")  # noqa: B010 - the type checker would refuse the assignment


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_has_the_record_of_its_original_and_its_own_from_then_on(copied: Callable[[Spec], Spec]) -> None:
    original = Spec(color="red")
    twin = copied(original)
    twin.size = 1
    assert (fields_set(twin), fields_set(original)) == (frozenset({"size", "color"}), frozenset({"color"}))


def _pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, _pickled])
@pytest.mark.parametrize("read", [False, True])
def test_a_copy_of_any_sort_says_of_itself_what_its_original_does(copied: Callable[[Any], Any], read: bool) -> None:
    original = msgspec.convert({"color": "red"}, Spec) if read else Spec(color="red")
    twin = copied(original)
    assert (twin, fields_set(twin), was_read(twin)) == (original, fields_set(original), read)
    original.size = 1
    twin = copied(original)
    assert (twin, fields_set(twin), was_read(twin)) == (original, fields_set(original), read)


class Doubled(Struct):
    size: int = 1

    def __post_init__(self) -> None:
        self.size *= 2


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, _pickled, lambda value: value.__replace__()])
def test_a_copy_is_not_initialized_again(copied: Callable[[Any], Any]) -> None:
    assert copied(Doubled(size=2)).size == 4


@pytest.mark.parametrize("read", [False, True])
def test_a_field_that_replace_names_counts_as_set_beside_those_that_were(read: bool) -> None:
    original = msgspec.convert({"color": "red"}, Spec) if read else Spec(color="red")
    twin = original.__replace__(size=3)
    assert (twin, was_read(twin), original) == (Spec(color="red", size=3), read, Spec(color="red"))
    assert fields_set(twin) == fields_set(original) | {"size"}
    assert to_wire(twin) == {"size": 3, "color": "red"}


def test_replace_knows_the_fields() -> None:
    with pytest.raises(TypeError, match="Spec has no field 'sise': did you mean 'size'"):
        Spec(color="red").__replace__(sise=4)


def test_replace_forgets_what_was_made_of_the_old_values() -> None:
    made = Sized(replicas=2)
    assert (made.text, made.__replace__(replicas=3).text) == ("xx", "xxx")


def test_a_deep_copy_shares_nothing() -> None:
    original = widget()
    twin = copy.deepcopy(original)
    twin.spec.size = 9
    twin.metadata.labels["a"] = "b"
    assert original == widget()


def test_a_field_without_a_default_may_follow_one_with_a_default_and_is_required() -> None:
    with pytest.raises(TypeError, match="color"):
        Spec(size=3)  # type: ignore[call-arg]


def test_type_checkers_see_the_class_of_a_value() -> None:
    """Pyright takes the result of a metaclass's ``__call__`` for that of every class, and that was Any."""
    tree = ast.parse(inspect.getsource(struct))
    (metaclass,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "StructMeta")
    assert "__call__" in vars(struct.StructMeta)
    assert [node.name for node in metaclass.body if isinstance(node, ast.FunctionDef)] == ["__new__"]
