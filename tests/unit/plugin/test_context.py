"""What a reconciler is handed."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
import structlog

from plugin_operator import ControllerContext
from plugin_operator.clock import SystemClock
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import Request, Result
from plugin_operator.errors import ConflictError, NotFoundError
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin import BoundController, Context, ControllerDeclaration, ControllerScope

POD = GroupVersionKind.parse("v1/Pod")
SECRET = GroupVersionKind.parse("v1/Secret")
REQUEST = Request("ns", "web")


class FakeClient:
    """Keeps one object and applies merge patches of its metadata to it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.patches: list[Any] = []

    async def patch(
        self, kind: GroupVersionKind, name: str, patch: dict[str, Any], namespace: str | None = None
    ) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        self.patches.append((str(kind), namespace, name, patch))
        return {"metadata": {"name": name, "namespace": namespace, **patch["metadata"], "resourceVersion": "2"}}


class FakeLister:
    def get(self, key: NamespacedName | str, namespace: str | None = None) -> dict[str, Any]:
        return {"key": key}


@pytest.fixture
def make_scope() -> Callable[..., ControllerScope]:
    def make(
        client: FakeClient | None = None, listers: dict[GroupVersionKind | str, Callable[..., Any]] | None = None
    ) -> ControllerScope:
        return ControllerScope(
            plugin="p",
            revision="1-abc",
            controller="c",
            kind=POD,
            client=cast("Any", client or FakeClient()),
            recorder=cast("Any", None),
            listers={POD: cast("Any", FakeLister)} if listers is None else listers,
        )

    return make


@pytest.fixture
def make_object() -> Callable[..., dict[str, Any]]:
    def make(**metadata: Any) -> dict[str, Any]:
        meta = {"name": "web", "namespace": "ns", "resourceVersion": "1", **metadata}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": meta}

    return make


@pytest.fixture
def bind(make_scope: Callable[..., ControllerScope]) -> Callable[..., BoundController]:
    """Make a controller of a reconcile function (and hooks) that is ready to be called."""

    def run(reconcile: Callable[..., Any], **hooks: Any) -> BoundController:
        declaration = ControllerDeclaration("c", POD, reconcile, **hooks)
        return BoundController(declaration, make_scope(), PluginGuard("p", "1-abc", "c", clock=SystemClock()))

    return run


async def test_a_log_line_says_where_it_comes_from(make_scope: Callable[..., ControllerScope]) -> None:
    context = Context(make_scope(), REQUEST)
    with structlog.testing.capture_logs() as lines:
        context.log.info("one", x=1)
        context.log.info("two")
    first, second = lines
    assert {key: first[key] for key in ("plugin", "revision", "controller", "namespace", "name", "x")} == {
        "plugin": "p",
        "revision": "1-abc",
        "controller": "c",
        "namespace": "ns",
        "name": "web",
        "x": 1,
    }
    assert first["reconcile_id"] == second["reconcile_id"] == context.reconcile_id


async def test_each_reconcile_has_its_own_id(make_scope: Callable[..., ControllerScope]) -> None:
    scope = make_scope()
    assert Context(scope, REQUEST).reconcile_id != Context(scope, REQUEST).reconcile_id


async def test_listers_are_had_by_kind_and_an_undeclared_kind_names_the_way_out(
    make_scope: Callable[..., ControllerScope],
) -> None:
    context = Context(make_scope(), REQUEST)
    assert context.lister.get(REQUEST) == {"key": REQUEST}
    assert context.lister_for("v1/Pod").get("x") == {"key": "x"}
    with pytest.raises(LookupError, match=r"declare it with reads=\['v1/Secret'\]"):
        context.lister_for(SECRET)
    with pytest.raises(LookupError, match=r"no cache of v1/Pods, only of v1/Pod: did you mean v1/Pod\?"):
        context.lister_for("v1/Pods")


async def test_a_lister_is_had_by_the_model_class_of_its_kind(make_scope: Callable[..., ControllerScope]) -> None:
    from kubernetes_asyncio.client import V1ConfigMap, V1Pod

    context = Context(make_scope(), REQUEST)
    assert context.lister_for(V1Pod).get("x") == {"key": "x"}
    with pytest.raises(LookupError, match="no cache of V1ConfigMap, only of v1/Pod: declare its kind"):
        context.lister_for(V1ConfigMap)
    with pytest.raises(ValueError, match="int is no model of an API kind"):
        context.lister_for(int)  # type: ignore[type-var]


async def test_a_finalizer_is_added_once_with_the_version_that_was_read(
    make_scope: Callable[..., ControllerScope], make_object: Callable[..., dict[str, Any]]
) -> None:
    client = FakeClient()
    context = Context(make_scope(client), REQUEST)
    obj = make_object(finalizers=["other"])
    assert await context.ensure_finalizer(obj)
    assert not await context.ensure_finalizer(obj)
    patch = {"metadata": {"finalizers": ["other", "plugin-operator/c"], "resourceVersion": "1"}}
    assert client.patches == [("v1/Pod", "ns", "web", patch)]
    assert obj["metadata"]["resourceVersion"] == "2"


async def test_a_finalizer_is_not_added_to_what_is_being_deleted(
    make_scope: Callable[..., ControllerScope], make_object: Callable[..., dict[str, Any]]
) -> None:
    context = Context(make_scope(), REQUEST)
    assert not await context.ensure_finalizer(make_object(deletionTimestamp="2026-01-01T00:00:00Z"))


async def test_removing_a_finalizer_leaves_the_others_and_a_gone_object_is_fine(
    make_scope: Callable[..., ControllerScope], make_object: Callable[..., dict[str, Any]]
) -> None:
    client = FakeClient()
    obj = make_object(finalizers=["a", "mine", "b"])
    assert await Context(make_scope(client), REQUEST).remove_finalizer(obj, "mine")
    assert client.patches[0][3]["metadata"]["finalizers"] == ["a", "b"]
    gone = Context(make_scope(FakeClient(NotFoundError(404))), REQUEST)
    assert not await gone.remove_finalizer(make_object(finalizers=["mine"]), "mine")
    changed = Context(make_scope(FakeClient(ConflictError(409))), REQUEST)
    with pytest.raises(ConflictError):
        await changed.remove_finalizer(make_object(finalizers=["mine"]), "mine")


async def test_a_condition_keeps_its_transition_time_while_its_status_stays(
    make_scope: Callable[..., ControllerScope], make_object: Callable[..., dict[str, Any]]
) -> None:
    context = Context(make_scope(), REQUEST)
    obj = make_object(generation=3)
    assert context.set_condition(obj, "Ready", True, "AllGood", "fine")
    condition = obj["status"]["conditions"][0]
    assert (condition["status"], condition["observedGeneration"]) == ("True", 3)
    condition["lastTransitionTime"] = "2026-01-01T00:00:00Z"
    assert not context.set_condition(obj, "Ready", True, "AllGood", "fine")
    assert context.set_condition(obj, "Ready", True, "AllGood", "still fine")
    assert condition["lastTransitionTime"] == "2026-01-01T00:00:00Z"
    assert context.set_condition(obj, "Ready", "False", "Broken", "")
    assert condition["lastTransitionTime"] != "2026-01-01T00:00:00Z"
    with pytest.raises(ValueError, match="not the status of a condition"):
        context.set_condition(obj, "Ready", "yes", "X")
    with pytest.raises(ValueError, match="needs a reason"):
        context.set_condition(obj, "Ready", True, "")


async def test_an_async_reconcile_gets_context_and_request(bind: Callable[..., BoundController]) -> None:
    async def reconcile(ctx: Context, request: NamespacedName) -> Result:
        return Result(requeue_after=len(ctx.request.name + request.name))

    assert await bind(reconcile).reconcile(REQUEST) == Result(requeue_after=6)


@pytest.mark.parametrize("value", [5, "hunter2", {"password": "hunter2"}])
async def test_a_result_that_is_none_is_an_error_that_says_so_without_showing_it(
    bind: Callable[..., BoundController], value: Any
) -> None:
    async def reconcile(ctx: Context, request: NamespacedName) -> Any:
        return value

    controller = bind(reconcile)
    with pytest.raises(TypeError, match="return None or a Result") as caught:
        await controller.reconcile(REQUEST)
    assert "hunter2" not in str(caught.value)
    assert controller.guard.take_reconcile_id(REQUEST)(), "the line about it names no reconcile"


async def test_a_plain_reconcile_runs_in_a_thread_and_may_wait_for_coroutines(
    bind: Callable[..., BoundController],
) -> None:
    async def answer() -> int:
        await asyncio.sleep(0)
        return 7

    def reconcile(ctx: Context, request: NamespacedName) -> Result:
        return Result(requeue_after=ctx.wait(answer()))

    assert await bind(reconcile).reconcile(REQUEST) == Result(requeue_after=7)


async def test_waiting_on_the_event_loop_itself_is_refused(bind: Callable[..., BoundController]) -> None:
    async def reconcile(ctx: Context, request: NamespacedName) -> None:
        ctx.wait(asyncio.sleep(0))

    with pytest.raises(RuntimeError, match="await the coroutine instead"):
        await bind(reconcile).reconcile(REQUEST)


async def test_state_is_handed_over_as_json(bind: Callable[..., BoundController]) -> None:
    taken: list[Any] = []
    old = bind(_nothing, export_state=lambda: {"seen": ("a", "b")}, import_state=taken.append)
    assert await old.export_state() == b'{"seen":["a","b"]}'
    await old.import_state(b'{"seen":["a","b"]}')
    assert taken == [{"seen": ["a", "b"]}]
    with pytest.raises(TypeError):
        await bind(_nothing, export_state=object).export_state()


async def test_hooks_may_be_plain_or_async_or_missing(bind: Callable[..., BoundController]) -> None:
    ran = []

    async def start(ctx: ControllerContext) -> None:
        ran.append(ctx.controller)

    bound = bind(_nothing, start=start, stop=lambda ctx: ran.append(ctx.revision))
    await bound.start()
    await bound.stop()
    await bind(_nothing).start()
    assert ran == ["c", "1-abc"]


async def _nothing(ctx: Context, request: NamespacedName) -> None:
    return None
