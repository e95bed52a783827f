"""The typed built-in kinds are what the generator makes, and lose nothing of what the API server sends."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from kube_apiserver.schema import facts
from plugin_operator.kube.definitions import definition_of, find_definition
from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.objects.decoding import decode
from plugin_operator.kube.objects.differences.changes import changes
from plugin_operator.kube.objects.wire import to_wire
from tests import typed_kinds
from tests.typed_kinds import class_of

RESOURCES = facts.resources()
VALUES = {"string": "text", "bool": True, "bytes": "aGVsbG8=", "any": {"key": 1}}
OPAQUE_VALUES: dict[str, Any] = {
    **dict.fromkeys(("Time", "MicroTime"), "2026-01-02T03:04:05Z"),
    **dict.fromkeys(("Duration", "Quantity"), "5m"),
    "Verbs": ["get"],
    "ExtraValue": ["get"],
    "RawExtension": {"key": 1},
    "FieldsV1": {"key": 1},
}


def full(go: str, within: tuple[str, ...] = ()) -> Any:
    """Return a value of a Go type with every field, each once on the way down."""
    if go.startswith("*"):
        return full(go[1:], within)
    if go.startswith("[]"):
        return [full(go[2:], within)]
    if go.startswith("{}"):
        return {"one": full(go[2:], within)}
    if not go.startswith("#"):
        kind = go.partition("=")[2] or go.removeprefix("~")
        return VALUES.get(kind, 7 if "int" in kind else 1.5)
    definition = go[1:]
    name = definition.rpartition(".")[2]
    if name in OPAQUE_VALUES or name in typed_kinds.OPAQUE:
        return OPAQUE_VALUES.get(name, 7)
    known = facts.type_facts(definition)
    assert known is not None
    return {each.name: full(each.go, (*within, definition)) for each in known.fields if each.go not in _open(within)}


def _open(within: tuple[str, ...]) -> Iterator[str]:
    for each in within:
        yield from (f"{form}{each}" for form in ("#", "*#", "[]#", "{}#"))


def lost(sent: Any, kept: Any, path: str = "") -> Iterator[str]:
    """Yield the paths whose value in ``sent`` is not in ``kept``, which may hold more."""
    if isinstance(sent, dict) and isinstance(kept, dict):
        for key, value in sent.items():
            yield from lost(value, kept.get(key), f"{path}.{key}")
    elif isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        for index, value in enumerate(sent):
            yield from lost(value, kept[index], f"{path}[{index}]")
    elif sent != kept:
        yield f"{path}: {sent!r} became {kept!r}"


# apiVersion and kind are those of the class. Metadata knows what authors use; the kept bytes have the rest.
NOT_READ = (".kind", ".apiVersion", "etadata.selfLink", "etadata.managedFields", "etadata.deletionGracePeriodSeconds")


def test_the_modules_are_what_the_generator_makes() -> None:
    made = typed_kinds.Generator().texts()
    found = {path.name: path.read_text() for path in typed_kinds.FOLDER.glob("*.py") if path.name != "__init__.py"}

    assert found == made, "run `make kinds`"


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: f"{each.group}.{each.version}.{each.kind}")
def test_a_class_reads_every_field_of_its_kind_and_has_its_names(resource: facts.ResourceFacts) -> None:
    cls = class_of(resource)
    definition = definition_of(cls)
    sent = full("#" + facts.kinds()[f"{resource.group}/{resource.version}/{resource.kind}"])
    read = msgspec.json.decode(msgspec.json.encode(sent), type=cls)
    unread = [each for each in lost(sent, msgspec.to_builtins(read)) if not each.partition(":")[0].endswith(NOT_READ)]

    assert unread == []
    assert definition.is_builtin
    assert find_definition(cls) is None, "its CustomResourceDefinition would be installed"
    assert definition.gvk == GroupVersionKind(resource.group, resource.version, resource.kind)
    assert (definition.plural, definition.namespaced) == (resource.plural, resource.namespaced)
    assert definition.has_status == any(one.name == "status" for one in resource.subresources)


def with_unknown_fields(document: Any) -> Any:
    """Return a copy that has a field more in each struct and map, and a null."""
    if isinstance(document, dict):
        return {key: with_unknown_fields(each) for key, each in document.items()} | {"fromTheFuture": None}
    return [with_unknown_fields(each) for each in document] if isinstance(document, list) else document


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: f"{each.group}.{each.version}.{each.kind}")
def test_an_object_that_did_not_change_has_no_patch(resource: facts.ResourceFacts) -> None:
    cls = class_of(resource)
    gvk = definition_of(cls).gvk
    sent = full("#" + facts.kinds()[f"{resource.group}/{resource.version}/{resource.kind}"])
    sent |= {"apiVersion": gvk.api_version, "kind": gvk.kind}
    for document in (sent, with_unknown_fields(sent)):
        read = decode(cls, gvk, msgspec.json.encode(document))
        assert changes(read, gvk, parts=cls.__struct_encode_fields__) == {}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: f"{each.group}.{each.version}.{each.kind}")
def test_a_new_object_is_sent_as_it_was_read(resource: facts.ResourceFacts) -> None:
    cls = class_of(resource)
    sent = full("#" + facts.kinds()[f"{resource.group}/{resource.version}/{resource.kind}"])
    unsent = list(lost(sent, to_wire(msgspec.json.decode(msgspec.json.encode(sent), type=cls))))

    assert [each for each in unsent if not each.partition(":")[0].endswith(NOT_READ)] == []


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: f"{each.group}.{each.version}.{each.kind}")
def test_an_object_without_any_field_can_be_read(resource: facts.ResourceFacts) -> None:
    cls = class_of(resource)

    assert msgspec.json.decode(b"{}", type=cls) == cls()


def test_a_group_is_imported_with_those_that_it_names_and_no_others() -> None:
    code = "import sys; from plugin_operator.kinds import apps_v1; print(*(m for m in sys.modules if '.kinds.' in m))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert sorted(ended.stdout.split()) == [
        f"plugin_operator.kinds.{name}" for name in ("apps_v1", "core_v1", "meta_v1")
    ]


def test_the_helpers_for_tests_import_no_typed_kind() -> None:
    code = "import sys, plugin_operator.testing; print('plugin_operator.kinds' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert ended.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("wire", "attribute"),
    [
        ("clusterIPs", "cluster_ips"),
        ("podCIDR", "pod_cidr"),
        ("nonResourceURLs", "non_resource_urls"),
        ("openAPIV3Schema", "open_api_v3_schema"),
        ("x-kubernetes-int-or-string", "x_kubernetes_int_or_string"),
        ("$ref", "ref"),
        ("from", "from_"),
        ("int", "int_"),
    ],
)
def test_an_attribute_has_the_words_of_the_wire_in_snake_case(wire: str, attribute: str) -> None:
    assert typed_kinds.snake(wire) == attribute
