"""Two config maps, three keys, three values, two field managers; and a watch that sees all that happens to them."""

from typing import Any

from hypothesis import strategies as st

from tests.conformance.differential.language import (
    CONFIG_MAPS,
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    Call,
    Case,
    Events,
    OpenWatch,
    apply,
    config_map,
    delete,
    get,
    patch,
    post,
    put,
)

_NAMES = st.sampled_from(["a", "b"])
_MANAGERS = st.sampled_from(["one", "two"])
_KEYS = st.sampled_from(["k", "l", "m"])
_DATA = st.dictionaries(_KEYS, st.sampled_from(["1", "2", "3"]), max_size=3)
_LABELS = st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["1", "2"]), max_size=2)
_FINALIZERS = st.sampled_from([[], ["example.com/f"]])
_KEPT = {"rv": "metadata.resourceVersion", "uid": "metadata.uid"}


@st.composite
def _object(draw: st.DrawFn, name: str, *, versioned: bool = False) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if labels := draw(_LABELS):
        metadata["labels"] = labels
    if finalizers := draw(_FINALIZERS):
        metadata["finalizers"] = finalizers
    if versioned and draw(st.booleans()):
        metadata["resourceVersion"] = f"$rv{draw(_NAMES)}"
    data = draw(_DATA)
    return config_map(name, data or None, **metadata)


@st.composite
def _create(draw: st.DrawFn, name: str) -> Call:
    return post(f"{CONFIG_MAPS}?fieldManager={draw(_MANAGERS)}", draw(_object(name)), keep=_keep(name))


@st.composite
def _replace(draw: st.DrawFn, name: str) -> Call:
    body = draw(_object(name, versioned=True))
    keep = _keep(name) if draw(st.booleans()) else {}
    return put(f"{CONFIG_MAPS}/{name}?fieldManager={draw(_MANAGERS)}", body, keep=keep)


@st.composite
def _merge(draw: st.DrawFn, name: str) -> Call:
    data = draw(st.dictionaries(_KEYS, st.sampled_from(["1", "2", None]), max_size=2))
    labels = draw(st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["1", None]), max_size=2))
    body: dict[str, Any] = {"data": data, "metadata": {"labels": labels}}
    if draw(st.booleans()):
        body["metadata"]["finalizers"] = draw(st.sampled_from([None, [], ["example.com/f"]]))
    media = draw(st.sampled_from([MERGE, STRATEGIC]))
    return patch(f"{CONFIG_MAPS}/{name}?fieldManager={draw(_MANAGERS)}", body, media)


@st.composite
def _json_patch(draw: st.DrawFn, name: str) -> Call:
    key = draw(_KEYS)
    operation = draw(
        st.sampled_from(
            [
                {"op": "add", "path": f"/data/{key}", "value": "1"},
                {"op": "replace", "path": f"/data/{key}", "value": "2"},
                {"op": "remove", "path": f"/data/{key}"},
                {"op": "test", "path": f"/data/{key}", "value": "1"},
                {"op": "add", "path": "/metadata/labels", "value": {"x": "2"}},
                {"op": "remove", "path": "/metadata/finalizers"},
            ]
        )
    )
    return patch(f"{CONFIG_MAPS}/{name}?fieldManager={draw(_MANAGERS)}", [operation], JSON_PATCH)


@st.composite
def _apply(draw: st.DrawFn, name: str) -> Call:
    return apply(f"{CONFIG_MAPS}/{name}", draw(_object(name)), draw(_MANAGERS), force=draw(st.booleans()))


@st.composite
def _delete(draw: st.DrawFn, name: str) -> Call:
    preconditions = draw(st.sampled_from([None, {"uid": f"$uid{name}"}, {"resourceVersion": f"$rv{name}"}]))
    body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": preconditions} if preconditions else None
    return delete(f"{CONFIG_MAPS}/{name}", body)


@st.composite
def _read(draw: st.DrawFn, name: str) -> Call:
    query = draw(st.sampled_from([f"/{name}", "", "?labelSelector=x%3D1", "?labelSelector=!x", "?limit=1"]))
    return get(CONFIG_MAPS + query)


@st.composite
def config_map_cases(draw: st.DrawFn) -> Case:
    """Draw a sequence; a watch opened before it shows the events of all of it."""
    kinds = (_create, _replace, _merge, _json_patch, _apply, _delete, _read)
    # Both names exist in one version to begin with, so that every placeholder has a value.
    steps: list[Any] = [post(CONFIG_MAPS, config_map(name), keep=_keep(name)) for name in ("a", "b")]
    steps.append(OpenWatch(f"{CONFIG_MAPS}?watch=true&resourceVersion=$rvb&timeoutSeconds=3"))
    for _ in range(draw(st.integers(3, 15))):
        steps.append(draw(draw(st.sampled_from(kinds))(draw(_NAMES))))
    return Case("a drawn sequence on config maps", (*steps, Events(None)))


def _keep(name: str) -> dict[str, str]:
    return {f"{word}{name}": path for word, path in _KEPT.items()}
