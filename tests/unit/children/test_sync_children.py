"""``ctx.sync_children`` over objects in memory: what each rule sends, and what it refuses."""

import re
from typing import Any

import msgspec
import pytest
import structlog

from plugin_operator.errors import InvalidError, NotFoundError, ServerError, is_external
from plugin_operator.kube.definitions import resource
from plugin_operator.kube.objects import ApiObject, Metadata, Struct
from plugin_operator.plugin import AlreadyOwnedError, Child, ChildExistsError, ready
from plugin_operator.plugin.children.errors import CacheNotReadyError
from plugin_operator.testing import FakeContext, fake_context
from plugin_operator.testing.fakes.fake_children import FakeChildCaches

OWNER: dict[str, Any] = {
    "apiVersion": "example.com/v1",
    "kind": "Widget",
    "metadata": {"name": "w", "namespace": "default", "uid": "u1"},
}


def secret(name: str, value: str = "QQ==", **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, **metadata},
        "data": {"value": value},
    }


OWNED_BY = {"apiVersion": "example.com/v1", "kind": "Widget", "name": "w", "uid": "u1", "controller": True}


def owned(name: str) -> dict[str, Any]:
    """Return a child of the owner, as an earlier revision left it."""
    labels = {"plugin-operator/controller": "fake"}
    return secret(name, namespace="default", labels=labels, ownerReferences=[OWNED_BY])


def family(*others: dict[str, Any], fail: Any = None, owner: dict[str, Any] = OWNER) -> FakeContext:
    return fake_context([owner, *others], fail=fail)


def widget(ctx: FakeContext) -> dict[str, Any]:
    found = ctx.lister.get(ctx.request)
    assert found is not None
    return found


def stored(ctx: FakeContext, name: str) -> dict[str, Any]:
    found = ctx.lister_for("v1/Secret").get(name, "default")
    assert found is not None
    return found


async def test_a_child_gets_label_owner_and_namespace_and_the_argument_stays_as_it_was() -> None:
    ctx, child = family(), secret("a")
    found = await ctx.sync_children(widget(ctx), [child])
    assert [str(each) for each in found.applied] == ["v1/Secret default/a"]
    metadata = stored(ctx, "a")["metadata"]
    assert metadata["labels"] == {"plugin-operator/controller": "fake"}
    assert [(each["kind"], each["controller"]) for each in metadata["ownerReferences"]] == [("Widget", True)]
    assert child == secret("a")


async def test_an_unchanged_child_is_sent_once() -> None:
    ctx = family()
    await ctx.sync_children(widget(ctx), [secret("a")])
    found = await ctx.sync_children(widget(ctx), [secret("a")])
    assert ([str(each) for each in found.unchanged], found.applied) == (["v1/Secret default/a"], ())
    assert [str(each) for each in ctx.writes] == ["apply v1/Secret default/a"]


async def test_a_child_is_sent_again_when_the_declaration_or_the_object_changes() -> None:
    ctx = family()
    await ctx.sync_children(widget(ctx), [secret("a")])
    await ctx.sync_children(widget(ctx), [secret("a", "Qg==")])
    await ctx.client.patch("v1/Secret", "a", {"data": {"value": "QQ=="}}, "default")
    await ctx.sync_children(widget(ctx), [secret("a", "Qg==")])
    assert stored(ctx, "a")["data"] == {"value": "Qg=="}
    assert [each.verb for each in ctx.writes] == ["apply", "apply", "patch", "apply"]


async def test_what_the_set_lacks_is_deleted_and_what_another_party_made_is_not() -> None:
    ctx = family(secret("foreign", namespace="default"))
    await ctx.sync_children(widget(ctx), [secret("a"), secret("b")])
    found = await ctx.sync_children(widget(ctx), [secret("b")])
    assert [str(each) for each in found.pruned] == ["v1/Secret default/a"]
    assert sorted(each["metadata"]["name"] for each in ctx.lister_for("v1/Secret").list()) == ["b", "foreign"]


async def test_an_empty_set_deletes_all_children() -> None:
    ctx = family()
    await ctx.sync_children(widget(ctx), [secret("a"), secret("b")])
    assert len((await ctx.sync_children(widget(ctx), [])).pruned) == 2


async def test_an_object_of_another_party_is_an_error_and_the_other_children_are_applied() -> None:
    ctx = family(secret("a", "Qg==", namespace="default"))
    with pytest.raises(ChildExistsError, match=r"v1/Secret default/a exists already .* adopt=True"):
        await ctx.sync_children(widget(ctx), [secret("a"), secret("b")])
    assert stored(ctx, "a")["data"] == {"value": "Qg=="}
    assert stored(ctx, "b")["data"] == {"value": "QQ=="}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"data": {"value": 1}}, r"\.data\.value: expected string"),
        ({"dta": {"value": "QQ=="}}, r"\.dta: field not declared in schema"),
    ],
)
async def test_a_wrong_type_or_name_in_a_child_is_refused_as_by_a_server(data: dict[str, Any], message: str) -> None:
    ctx = family()
    with pytest.raises(InvalidError, match=rf"^500 Invalid: .* \(default/a; /v1, Kind=Secret\): {message}"):
        await ctx.sync_children(widget(ctx), [{**secret("a"), **data}])
    assert ctx.writes == []


OURS = {"plugin-operator/controller": "fake"}
FAR = {"plugin-operator/owner": "Widget.example.com/default/v"}


@pytest.mark.parametrize(
    ("metadata", "party"),
    [
        ({}, "has no mark of sync_children, as after ctx.client.apply or kubectl create"),
        ({"labels": OURS}, "has no owner any more, as after kubectl delete --cascade=orphan"),
        (
            {"labels": {"plugin-operator/controller": "other"}},
            "belongs to controller 'other' (if this one replaces it, write renamed_from='other')",
        ),
        (
            {"labels": {**OURS, "plugin-operator/owner-uid": "u2"}, "annotations": FAR},
            "belongs to Widget.example.com/default/v with the uid u2",
        ),
        ({"ownerReferences": [{**OWNED_BY, "uid": "u2"}]}, "is controlled by Widget w"),
    ],
)
async def test_a_taken_name_is_an_event_of_the_owner_that_names_the_party_and_the_way_out(
    metadata: dict[str, Any], party: str
) -> None:
    ctx = family(secret("a", namespace="default", **metadata))
    with pytest.raises(ChildExistsError, match=re.escape(f"{party}: delete it, choose another name")) as caught:
        await ctx.sync_children(widget(ctx), [secret("a")])
    (event,) = ctx.events
    assert (event.type, event.reason, event.message) == ("Warning", "ChildExists", str(caught.value))


async def test_an_object_of_another_party_is_taken_over_on_request() -> None:
    ctx = family(secret("a", "Qg==", namespace="default"))
    await ctx.sync_children(widget(ctx), [Child(secret("a"), adopt=True)])
    assert stored(ctx, "a")["data"] == {"value": "QQ=="}
    assert len((await ctx.sync_children(widget(ctx), [])).pruned) == 1


async def test_a_failed_child_keeps_the_others_from_being_pruned() -> None:
    ctx = family(owned("a"), fail={"apply": [500]})
    with pytest.raises(ServerError):
        await ctx.sync_children(widget(ctx), [secret("b"), secret("c")])
    assert sorted(each["metadata"]["name"] for each in ctx.lister_for("v1/Secret").list()) == ["a", "c"]


@pytest.mark.parametrize("codes", [[500, 422, 503], [422, 500, 503]])
async def test_several_failures_are_raised_as_that_of_the_plugin_with_the_others_as_notes(codes: list[int]) -> None:
    ctx = family(fail={"apply": codes})
    with pytest.raises(InvalidError) as caught:
        await ctx.sync_children(widget(ctx), [secret("a"), secret("b"), secret("c")])
    assert [note.split(": ")[1][:3] for note in caught.value.__notes__] == ["500", "503"]


async def test_several_external_failures_are_raised_as_the_first() -> None:
    ctx = family(fail={"apply": [500, 403]})
    with pytest.raises(ServerError):
        await ctx.sync_children(widget(ctx), [secret("a"), secret("b")])


async def test_a_deletion_that_meets_a_newer_version_is_held_and_tried_again() -> None:
    ctx = family(owned("a"), fail={"delete": [409]})
    found = await ctx.sync_children(widget(ctx), [])
    assert ([str(each) for each in found.held], found.pruned) == (["v1/Secret default/a"], ())
    assert [each.request for each in ctx.enqueued] == [ctx.request]
    assert len((await ctx.sync_children(widget(ctx), [])).pruned) == 1


async def test_more_deletions_than_the_limit_are_held_with_an_event() -> None:
    ctx = family()
    await ctx.sync_children(widget(ctx), [secret(f"s{n}") for n in range(12)])
    found = await ctx.sync_children(widget(ctx), [])
    assert (len(found.pruned), len(found.held)) == (10, 2)
    assert [(each.reason, each.type) for each in ctx.events] == [("PruningHeld", "Warning")]
    assert [each.after for each in ctx.enqueued] == [60.0]


async def test_a_closed_gate_counts_as_declared_and_says_why_it_is_closed() -> None:
    ctx = family()
    await ctx.sync_children(widget(ctx), [secret("a")])
    gate = ready("v1/ConfigMap", "config")
    found = await ctx.sync_children(widget(ctx), [Child(secret("a", "Qg=="), after=gate)])
    assert [(str(name), why) for name, why in found.waiting] == [
        ("v1/Secret default/a", "v1/ConfigMap default/config does not exist, and no child of the set has that name")
    ]
    assert stored(ctx, "a")["data"] == {"value": "QQ=="}
    assert not found.is_complete


async def test_an_open_gate_lets_the_child_through() -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "config", "namespace": "default"}}
    ctx = family(config)
    gates = [ready("v1/ConfigMap", "config"), ready("v1/ConfigMap", "config", when=lambda obj: "data" not in obj)]
    found = await ctx.sync_children(widget(ctx), [Child(secret("a"), after=gates)])
    assert len(found.applied) == 1


async def test_an_owner_looks_again_at_a_gate_on_an_object_that_is_no_child() -> None:
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "far"}}
    ctx = family(job)
    gated = Child(secret("a"), after=ready("batch/v1/Job", "j", "far"))
    await ctx.sync_children(widget(ctx), [gated])
    assert ctx.enqueued == [(ctx.request, 10.0)]
    await ctx.client.patch_status("batch/v1/Job", "j", {"conditions": [{"type": "Complete", "status": "True"}]}, "far")
    assert (await ctx.sync_children(widget(ctx), [gated])).is_complete
    assert len(ctx.enqueued) == 1


async def test_an_owner_does_not_look_again_at_a_gate_on_a_child_whose_change_enqueues_it() -> None:
    ctx = family()
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}}
    for _ in range(2):
        await ctx.sync_children(widget(ctx), [job, Child(secret("a"), after=ready("batch/v1/Job", "j"))])
    assert ctx.enqueued == []


async def test_an_owner_looks_again_at_a_gate_on_a_child_whose_changes_predicates_may_drop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FakeChildCaches, "is_filtered", lambda _caches, kind: kind.kind == "Job")
    ctx = family()
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}}
    await ctx.sync_children(widget(ctx), [job, Child(secret("a"), after=ready("batch/v1/Job", "j"))])
    assert ctx.enqueued == [(ctx.request, 10.0)]


async def test_a_gate_on_a_name_that_nothing_makes_is_an_event_of_the_owner_once() -> None:
    ctx = family()
    gated: list[Any] = [
        Child(secret("a"), after=ready("v1/Secret", "typo")),
        Child(secret("b"), after=ready(Gadget, "typo", namespace="far")),
        Child(secret("c"), after=ready("v1/Secret", "d")),
        secret("d"),
    ]
    for _ in range(2):
        await ctx.sync_children(widget(ctx), gated)
    (event,) = ctx.events
    assert (event.reason, event.type) == ("ChildWaiting", "Warning")
    assert event.message == (
        "v1/Secret default/a waits: v1/Secret default/typo does not exist, and no child of the set has that name: "
        "check kind, name and namespace in ready(), or create it (1 other child likewise)"
    )
    await ctx.sync_children(widget(ctx), [])
    await ctx.sync_children(widget(ctx), gated[:1])
    assert len(ctx.events) == 2


@pytest.mark.parametrize(
    ("gates", "reason"),
    [
        ({"a": "a"}, "v1/Secret default/a does not exist, and it waits for itself"),
        (
            {"a": "b", "b": "c", "c": "a", "d": "a"},
            (
                "v1/Secret default/b does not exist, and these children wait for each other: v1/Secret default/a, "
                "v1/Secret default/b, v1/Secret default/c"
            ),
        ),
    ],
)
async def test_gates_in_a_cycle_are_an_event_of_the_owner_and_a_line_in_the_log(
    gates: dict[str, str], reason: str
) -> None:
    ctx = family()
    children = [Child(secret(name), after=ready("v1/Secret", other)) for name, other in gates.items()]
    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            found = await ctx.sync_children(widget(ctx), children)
    assert found.waiting[0][1] == reason
    (event,) = ctx.events
    assert event.message.startswith(f"v1/Secret default/a waits: {reason}: take one of these gates away")
    logged = [each for each in lines if each["event"] == "Child waits"]
    assert [each["child"] for each in logged] == [f"v1/Secret default/{name}" for name in gates if name != "d"]
    assert {each["log_level"] for each in logged} == {"warning"}


async def test_a_gate_that_nothing_opens_is_found_behind_another_closed_one() -> None:
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "default"}}
    ctx = family(job)
    await ctx.sync_children(widget(ctx), [Child(secret("a"), after=[ready("batch/v1/Job", "j"), ready(Gadget, "x")])])
    assert "Gadget default/x does not exist, and no child of the set has that name" in ctx.events[0].message


async def test_a_gate_of_a_namespaced_owner_finds_an_object_without_a_namespace() -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "s"}, "status": {"phase": "Active"}}
    ctx = family(space)
    found = await ctx.sync_children(widget(ctx), [Child(secret("a"), after=ready("v1/Namespace", "s"))])
    assert found.waiting == ()


async def test_the_condition_of_a_gate_judges_any_kind() -> None:
    other = {**OWNER, "metadata": {"name": "other", "namespace": "default"}}
    ctx = family({**other, "status": {"conditions": [{"type": "Done", "status": "False", "reason": "Busy"}]}})
    gate = ready("example.com/v1/Widget", "other", condition="Done")
    found = await ctx.sync_children(widget(ctx), [Child(secret("a"), after=gate)])
    assert "its condition Done is False (Busy)" in found.waiting[0][1]


async def test_children_of_a_deleted_owner_are_not_applied_but_pruned() -> None:
    deleted = {**OWNER["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/a"]}
    ctx = family(owner={**OWNER, "metadata": deleted})
    assert (await ctx.sync_children(widget(ctx), [secret("a")])).applied == ()
    assert ctx.writes == []


async def test_a_child_that_no_owner_reference_reaches_is_marked_by_uid_and_pruned() -> None:
    owner = {**OWNER, "metadata": {**OWNER["metadata"], "finalizers": ["plugin-operator/fake"]}}
    ctx = family(owner=owner)
    await ctx.sync_children(widget(ctx), [secret("a", namespace="other")])
    found = ctx.lister_for("v1/Secret").get("a", "other")
    assert found is not None
    assert found["metadata"]["labels"]["plugin-operator/owner-uid"] == widget(ctx)["metadata"]["uid"]
    assert found["metadata"]["annotations"] == {"plugin-operator/owner": "Widget.example.com/default/w"}
    assert "ownerReferences" not in found["metadata"]
    assert len((await ctx.sync_children(widget(ctx), [])).pruned) == 1


async def test_such_a_child_is_refused_without_a_finalizer_on_the_owner() -> None:
    ctx = family()
    with pytest.raises(ValueError, match="declare cleanup= with a function that") as caught:
        await ctx.sync_children(widget(ctx), [secret("a", namespace="other")])
    assert "In a test with fake_context, give the owner the finalizer ctx.finalizer" in str(caught.value)


async def test_a_child_that_is_being_deleted_waits() -> None:
    ctx = family()
    await ctx.sync_children(widget(ctx), [secret("a", finalizers=["example.com/a"])])
    await ctx.client.delete("v1/Secret", "a", "default")
    found = await ctx.sync_children(widget(ctx), [secret("a", finalizers=["example.com/a"])])
    assert [why for _, why in found.waiting] == ["an object of this name is being deleted"]


async def test_a_third_change_by_another_party_is_reported_with_its_manager() -> None:
    ctx = family()
    await ctx.sync_children(widget(ctx), [secret("a")])
    for _ in range(3):
        managed = [{"manager": "other", "operation": "Update", "time": "2026-01-01T00:00:00Z"}]
        patch = {"data": {"value": "Qg=="}, "metadata": {"managedFields": managed}}
        await ctx.client.patch("v1/Secret", "a", patch, "default")
        await ctx.sync_children(widget(ctx), [secret("a")])
    assert [each.reason for each in ctx.events] == ["ChildOverwritten"]
    assert "by other" in ctx.events[0].message


@pytest.mark.parametrize(
    ("child", "message"),
    [
        ({"apiVersion": "v1", "kind": "Secret", "metadata": {"generateName": "a-"}}, "needs metadata.name"),
        ({"kind": "Secret", "metadata": {"name": "a"}}, "apiVersion and kind"),
        (secret("a", resourceVersion="1"), "metadata.resourceVersion, which the server sets"),
        (secret("a", labels={"plugin-operator/controller": "other"}), "of another controller"),
        ({**OWNER, "metadata": {"name": "w"}}, "cannot own itself"),
    ],
)
async def test_a_child_that_cannot_work_is_refused_before_anything_is_sent(child: Any, message: str) -> None:
    ctx = family()
    with pytest.raises(ValueError, match=message):
        await ctx.sync_children(widget(ctx), [secret("b"), child])
    assert ctx.writes == []


async def test_the_same_child_twice_is_refused() -> None:
    ctx = family()
    with pytest.raises(ValueError, match="twice"):
        await ctx.sync_children(widget(ctx), [secret("a"), secret("a", namespace="default")])


async def test_one_object_in_place_of_a_list_is_refused() -> None:
    ctx = family()
    with pytest.raises(TypeError, match="write sync_children"):
        await ctx.sync_children(widget(ctx), secret("a"))  # type: ignore[arg-type]


async def test_a_child_that_states_another_controller_is_refused() -> None:
    other = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "1", "controller": True}]
    ctx = family()
    with pytest.raises(AlreadyOwnedError):
        await ctx.sync_children(widget(ctx), [secret("a", ownerReferences=other)])


async def test_an_owner_of_another_kind_is_refused() -> None:
    ctx = family(secret("s", namespace="default"))
    with pytest.raises(ValueError, match=r"the controller reconciles example\.com/v1/Widget"):
        await ctx.sync_children(stored(ctx, "s"), [secret("a")])


async def test_an_owner_that_was_not_read_is_refused() -> None:
    ctx = family()
    with pytest.raises(ValueError, match=r"no metadata\.uid"):
        await ctx.sync_children({**OWNER, "metadata": {"name": "w"}}, [secret("a")])


async def test_a_child_deleted_by_hand_is_applied_again() -> None:
    ctx = family()
    await ctx.sync_children(widget(ctx), [secret("a")])
    await ctx.client.delete("v1/Secret", "a", "default")
    assert len((await ctx.sync_children(widget(ctx), [secret("a")])).applied) == 1
    with pytest.raises(NotFoundError):
        await ctx.client.get("v1/Secret", "b", "default")


class GadgetSpec(Struct):
    size: int = 1
    color: str = "red"


@resource("example.com/v1/Gadget")
class Gadget(ApiObject):
    spec: GadgetSpec = msgspec.field(default_factory=GadgetSpec)


async def test_owner_and_children_may_be_typed_and_only_what_was_set_is_sent() -> None:
    ctx = fake_context([Gadget(metadata=Metadata(name="g", namespace="default"))])
    owner: Any = ctx.lister.get(ctx.request)
    child: Any = Gadget(metadata=Metadata(name="child"), spec=GadgetSpec(size=2))
    await ctx.sync_children(owner, [child])
    (write,) = ctx.writes
    assert isinstance(write.body, dict)
    assert write.body["spec"] == {"size": 2}
    assert write.body["metadata"]["namespace"] == "default"
    assert child.metadata.namespace == ""
    assert len((await ctx.sync_children(owner, [child])).unchanged) == 1


async def test_no_owner_is_released_before_the_caches_have_been_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = family(secret("a", namespace="default"))
    children = ctx._scope.children
    assert children is not None
    assert await children.release(ctx.client, widget(ctx))
    monkeypatch.setattr(FakeChildCaches, "has_listed", lambda *_: False)
    with pytest.raises(CacheNotReadyError, match=r"the cache of .*v1/Secret in owns= is not complete") as raised:
        await children.release(ctx.client, widget(ctx))
    assert is_external(raised.value)
