"""One deployment, whose spec, scale and status several managers write in every way there is."""

from typing import Any

from hypothesis import strategies as st

from tests.conformance.differential.language import JSON_PATCH, MERGE, STRATEGIC, Call, Case, apply, get, patch, put

_PATH = "/apis/apps/v1/namespaces/$ns/deployments/d"
_TYPE = {"apiVersion": "apps/v1", "kind": "Deployment"}
_SCALE = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "d", "namespace": "$ns"}}
_MANAGERS = st.sampled_from(["one", "two", "three"])
_REPLICAS = st.sampled_from([0, 1, 2, 3])
_ENV = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(["A", "B"]), "value": st.sampled_from(["1", "2"])}),
    max_size=2,
    unique_by=lambda entry: entry["name"],
)
_CONTAINERS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["c", "s"]), "image": st.sampled_from(["i", "j"])},
        optional={"env": _ENV, "args": st.just(["x"])},
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda container: container["name"],
)
_LABELS = st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["1", "2"]), max_size=2)
_CONDITIONS = st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["A", "B"]), "status": st.sampled_from(["True", "False"])}),
    max_size=2,
    unique_by=lambda condition: condition["type"],
)
_STATUS = st.fixed_dictionaries(
    {}, optional={"replicas": _REPLICAS, "readyReplicas": _REPLICAS, "conditions": _CONDITIONS}
)


@st.composite
def _deployment(draw: st.DrawFn) -> dict[str, Any]:
    labels = {"app": "d"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": draw(_CONTAINERS)}}
    spec: dict[str, Any] = {"selector": {"matchLabels": labels}, "template": template}
    if draw(st.booleans()):
        spec["replicas"] = draw(_REPLICAS)
    return {**_TYPE, "metadata": {"name": "d", "labels": draw(_LABELS)}, "spec": spec}


@st.composite
def _applied(draw: st.DrawFn) -> Call:
    return apply(_PATH, draw(_deployment()), draw(_MANAGERS), force=draw(st.booleans()))


@st.composite
def _replaced(draw: st.DrawFn) -> Call:
    return put(f"{_PATH}?fieldManager={draw(_MANAGERS)}", draw(_deployment()))


@st.composite
def _merged(draw: st.DrawFn) -> Call:
    body: dict[str, Any] = {"metadata": {"labels": draw(_LABELS)}, "spec": {"replicas": draw(_REPLICAS)}}
    if draw(st.booleans()):
        body["spec"]["template"] = {"spec": {"containers": draw(_CONTAINERS)}}
    return patch(f"{_PATH}?fieldManager={draw(_MANAGERS)}", body, draw(st.sampled_from([MERGE, STRATEGIC])))


@st.composite
def _edited(draw: st.DrawFn) -> Call:
    operation = draw(
        st.sampled_from(
            [
                {"op": "replace", "path": "/spec/replicas", "value": 2},
                {"op": "remove", "path": "/spec/replicas"},
                {"op": "add", "path": "/metadata/labels", "value": {"z": "1"}},
                {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "k"},
                {"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "t", "image": "i"}},
                {"op": "remove", "path": "/spec/template/spec/containers/1"},
            ]
        )
    )
    return patch(f"{_PATH}?fieldManager={draw(_MANAGERS)}", [operation], JSON_PATCH)


@st.composite
def _scaled(draw: st.DrawFn) -> Call:
    scale, manager = {**_SCALE, "spec": {"replicas": draw(_REPLICAS)}}, draw(_MANAGERS)
    kind = draw(st.sampled_from(["put", "patch", "apply"]))
    if kind == "put":
        return put(f"{_PATH}/scale?fieldManager={manager}", scale)
    if kind == "patch":
        return patch(f"{_PATH}/scale?fieldManager={manager}", {"spec": scale["spec"]})
    return apply(f"{_PATH}/scale", scale, manager, force=draw(st.booleans()))


@st.composite
def _told(draw: st.DrawFn) -> Call:
    body, manager = {**_TYPE, "metadata": {"name": "d"}, "status": draw(_STATUS)}, draw(_MANAGERS)
    kind = draw(st.sampled_from(["merge", "strategic", "apply"]))
    if kind == "apply":
        return apply(f"{_PATH}/status", body, manager, force=draw(st.booleans()))
    media = MERGE if kind == "merge" else STRATEGIC
    return patch(f"{_PATH}/status?fieldManager={manager}", {"status": body["status"]}, media)


@st.composite
def deployment_cases(draw: st.DrawFn) -> Case:
    """Draw a sequence on a deployment that one manager has applied."""
    kinds = (_applied, _replaced, _merged, _edited, _scaled, _told)
    steps: list[Any] = [apply(_PATH, draw(_deployment()), "one")]
    for _ in range(draw(st.integers(3, 10))):
        steps += [draw(draw(st.sampled_from(kinds))()), get(_PATH)]
    return Case("a drawn sequence on a deployment", tuple(steps))
