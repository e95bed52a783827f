"""Custom kinds in several versions with schemas of their own."""

from typing import Any

from tests.conformance.differential.language import apply, case, get, patch, post, put
from tests.conformance.differential.widgets import CLEANUP, CRDS, NAME, crd, ready

_OLD = "/apis/$id.example.com/v1beta1/namespaces/$ns/widgets"
_NEW = "/apis/$id.example.com/v1/namespaces/$ns/widgets"


def _schema(**fields: Any) -> dict[str, Any]:
    spec = {"type": "object", "properties": {"both": {"type": "string"}, **fields}}
    return {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}


def _text(default: str) -> dict[str, Any]:
    return {"type": "string", "default": default}


def _differing() -> dict[str, Any]:
    """Write the definition with an older version that knows another field, with other defaults."""
    made = crd()
    new = _schema(new={"type": "string"}, by_new=_text("new"), each=_text("new"))
    old = _schema(old={"type": "string"}, by_old=_text("old"), each=_text("old"))
    made["spec"]["versions"] = [
        {"name": "v1beta1", "served": True, "storage": False, "schema": old},
        {"name": "v1", "served": True, "storage": True, "schema": new},
    ]
    return made


def _widget(version: str, name: str, **spec: str) -> dict[str, Any]:
    metadata = {"name": name}
    return {"apiVersion": f"$id.example.com/{version}", "kind": "Widget", "metadata": metadata, "spec": spec}


def _in_group(plural: str, kind: str, *versions: str) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    served = [{"name": name, "served": True, "storage": name == versions[0], "schema": schema} for name in versions]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.$id.example.com"},
        "spec": {
            "group": "$id.example.com",
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind},
            "versions": served,
        },
    }


def _both(name: str) -> tuple[Any, ...]:
    return (get(f"{_OLD}/{name}"), get(f"{_NEW}/{name}"))


_READY = (*ready(_differing()), get(_OLD, until=200, silent=True))

CASES = (
    case(
        "what is stored has the fields of the stored version",
        *_READY,
        post(_OLD, _widget("v1beta1", "a", both="1", old="2")),
        *_both("a"),
        post(_NEW, _widget("v1", "b", both="1", new="2")),
        *_both("b"),
        get(_OLD),
        get(_NEW),
        cleanup=CLEANUP,
    ),
    case(
        "a write in another version keeps what the stored version knows",
        *_READY,
        post(_NEW, _widget("v1", "a", both="1", new="2"), silent=True),
        patch(f"{_OLD}/a", {"spec": {"both": "3"}}),
        *_both("a"),
        patch(f"{_OLD}/a", {"spec": {"old": "4"}}),
        *_both("a"),
        put(f"{_OLD}/a", _widget("v1beta1", "a", both="5", old="6"), keep_from=409),
        cleanup=CLEANUP,
    ),
    case(
        "apply in another version leaves what the stored version knows",
        *_READY,
        apply(f"{_OLD}/a", _widget("v1beta1", "a", both="1", old="2")),
        *_both("a"),
        apply(f"{_OLD}/a", _widget("v1beta1", "a", both="3")),
        *_both("a"),
        cleanup=CLEANUP,
    ),
    case(
        "the preferred version of a group follows the order of versions",
        post(CRDS, _in_group("widgets", "Widget", "v1beta1", "v2alpha1"), silent=True),
        get("/apis/$id.example.com/v1beta1/widgets", until=200, silent=True),
        post(CRDS, _in_group("gadgets", "Gadget", "v1", "v10", "v2", "foo10", "foo1", "v1beta2"), silent=True),
        get("/apis/$id.example.com/foo1/gadgets", until=200, silent=True),
        get("/apis/$id.example.com", only="versions", until=200),
        get("/apis/$id.example.com", only="preferredVersion", until=200),
        get("/apis/$id.example.com/v1beta1", until=200),
        cleanup=(f"{CRDS}/{NAME}", f"{CRDS}/gadgets.$id.example.com"),
    ),
)
