"""A reconcile waits for what was written before it, and for nothing else."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from plugin_operator import ApiError
from plugin_operator.client import Client
from plugin_operator.errors import (
    AlreadyExistsError,
    ConflictError,
    NoMatchError,
    NotFoundError,
    TooManyRequestsError,
    api_error,
)
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin.writes.expectations import DEADLINE_SECONDS, Expectations, Target
from plugin_operator.plugin.writes.expecting_client import ExpectingClient
from plugin_operator.testing.virtual_clock import VirtualClock

MAP = GroupVersionKind.parse("v1/ConfigMap")
SECRET = GroupVersionKind.parse("v1/Secret")
POD = GroupVersionKind.parse("v1/Pod")
A, B = NamespacedName("default", "a"), NamespacedName("default", "b")


def obj(name: str = "a", version: str = "5", kind: str = "ConfigMap", **metadata: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", "resourceVersion": version, **metadata}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata}


class Cache:
    """Says what it is told to."""

    def __init__(self) -> None:
        self.position = "1"
        self.is_live = True
        self.is_whole = True
        self.known: dict[NamespacedName, tuple[str, str, bool] | None] = {}

    def selects(self, obj: dict[str, Any]) -> bool:
        return (obj["metadata"].get("labels") or {}).get("app") != "of-somebody-else"

    def version(self, key: NamespacedName) -> str | None:
        known = self.known.get(key)
        return None if known is None else known[0]

    def identity(self, key: NamespacedName) -> tuple[str, str, bool] | None:
        return self.known.get(key)


class Server:
    """A client whose next answer is given."""

    def __init__(self) -> None:
        self.answer: Any = None
        self.options: dict[str, Any] | None = None

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **options: Any) -> Any:
            self.options = options
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return call


class Loops:
    """Notes what a loop detector is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def wrote(self, request: NamespacedName | None, target: Target, obj: Any) -> None:
        self.told.append(target)

    def deleted(self, request: NamespacedName | None, target: Target) -> None:
        self.told.append(target)


class ClientHarness:
    def __init__(self, cached: GroupVersionKind = SECRET) -> None:
        self.clock = VirtualClock()
        self.cache = Cache()
        self.caches = [self.cache]
        self.late = 0
        self.server = Server()
        self.loops = Loops()
        self.kinds = {MAP, SECRET, cached}
        self.writes = Expectations(MAP, self.find, clock=self.clock, on_late=self.count)
        self.client = ExpectingClient(cast("Client", self.server), self.writes, A, cast("Any", self.loops))

    def find(self, kind: GroupVersionKind, key: NamespacedName) -> list[Cache]:
        return self.caches if kind in self.kinds and key.namespace == "default" else []

    def count(self) -> None:
        self.late += 1

    async def held(self, request: NamespacedName = A) -> bool:
        """Tell whether a reconcile of ``request`` waits, and let it go on."""
        waiting = asyncio.ensure_future(self.writes.caught_up(request))
        await self.clock.advance(0)
        held = not waiting.done()
        self.waiting = waiting
        return held

    async def released(self) -> bool:
        await self.clock.advance(0.1)
        return self.waiting.done()


@pytest.fixture
def harness() -> ClientHarness:
    return ClientHarness()


async def write(
    harness: ClientHarness, answer: dict[str, Any] | ApiError | None, call: str = "update", *args: Any
) -> dict[str, Any] | None:
    harness.server.answer = answer
    found: dict[str, Any] | None = await getattr(harness.client, call)(*(args or (answer,)))
    return found


@pytest.mark.parametrize("call", ["create", "update", "update_status", "apply"])
async def test_the_next_reconcile_waits_until_the_cache_has_what_was_written(harness: ClientHarness, call: str) -> None:
    harness.cache.known[A] = ("4", "u", False)
    await write(harness, obj(version="5"), call)
    assert await harness.held()
    harness.cache.known[A] = ("5", "u", False)
    assert await harness.released()
    assert not harness.writes
    assert harness.late == 0


@pytest.mark.parametrize(("call", "args"), [("patch", ("v1/ConfigMap", "a", {})), ("patch_status", (MAP, A, {}))])
async def test_patches_count_as_well(harness: ClientHarness, call: str, args: tuple[Any, ...]) -> None:
    await write(harness, obj(version="5"), call, *args)
    assert await harness.held()
    harness.cache.known[A] = ("6", "u", False)
    assert await harness.released()


WITH_MANAGER = [
    ("create", (obj(),)), ("update", (obj(),)), ("update_status", (obj(),)), ("apply", (obj(),)),
    ("patch", (MAP, A, {})), ("patch_status", (MAP, A, {})),
]  # fmt: skip


@pytest.mark.parametrize(("call", "args"), WITH_MANAGER, ids=[each[0] for each in WITH_MANAGER])
async def test_a_write_under_another_field_manager_counts_as_well(
    harness: ClientHarness, call: str, args: tuple[Any, ...]
) -> None:
    harness.server.answer = obj(version="5")
    await getattr(harness.client, call)(*args, field_manager="other")
    assert harness.server.options == {"field_manager": "other"}
    assert await harness.held()
    harness.waiting.cancel()


async def test_a_cache_that_has_followed_the_server_past_the_write_is_enough(harness: ClientHarness) -> None:
    await write(harness, obj(version="5"))
    assert await harness.held()
    harness.cache.position = "5"
    assert await harness.released()


async def test_a_write_that_the_cache_knows_already_holds_nobody_back(harness: ClientHarness) -> None:
    harness.cache.known[A] = ("5", "u", False)
    await write(harness, obj(version="5"))
    assert not harness.writes
    assert not await harness.held()


@pytest.mark.parametrize("call", ["update", "patch"])
async def test_a_write_that_took_the_last_finalizer_off_waits_until_the_object_is_gone(
    harness: ClientHarness, call: str
) -> None:
    """The response has the version of the stale cache: that of the object before its removal."""
    answer = obj(version="5", uid="u", deletionTimestamp="2026-01-01T00:00:00Z", deletionGracePeriodSeconds=0)
    harness.cache.known[A] = ("5", "u", True)
    await write(harness, answer, call, *((MAP, A, {}) if call == "patch" else ()))
    assert await harness.held()
    harness.cache.known[A] = None
    assert await harness.released()


@pytest.mark.parametrize("held_by", [{"finalizers": ["other"]}, {"deletionGracePeriodSeconds": 30}])
async def test_an_object_that_something_else_holds_is_not_expected_to_go(
    harness: ClientHarness, held_by: dict[str, Any]
) -> None:
    deleted = {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": 0, **held_by}
    harness.cache.known[A] = ("5", "u", True)
    await write(harness, obj(version="5", uid="u", **deleted))
    assert not await harness.held()


async def test_other_requests_are_not_held_back(harness: ClientHarness) -> None:
    await write(harness, obj(version="5"))
    assert not await harness.held(B)


async def test_a_write_to_another_object_of_the_kind_holds_back_both(harness: ClientHarness) -> None:
    await write(harness, obj("b", version="5"))
    assert await harness.held(A)
    harness.waiting.cancel()
    assert await harness.held(B)
    harness.waiting.cancel()


async def test_a_write_to_another_kind_holds_back_the_one_who_wrote(harness: ClientHarness) -> None:
    await write(harness, obj("b", version="5", kind="Secret"))
    assert not await harness.held(B)
    assert await harness.held(A)
    harness.waiting.cancel()


@pytest.mark.parametrize(
    "written",
    [
        obj(kind="Pod"),
        obj(namespace="elsewhere"),
        obj(labels={"app": "of-somebody-else"}),
        {"kind": "Status"},
        None,
    ],
)
async def test_what_no_cache_would_show_is_not_waited_for(
    harness: ClientHarness, written: dict[str, Any] | None
) -> None:
    harness.cache.is_whole = False
    await write(harness, written, "create", obj())
    assert not harness.writes


async def test_a_cache_that_hears_nothing_stops_the_work_for_a_while_only(harness: ClientHarness) -> None:
    await write(harness, obj(version="5"))
    assert await harness.held()
    await harness.clock.advance(DEADLINE_SECONDS - 0.2)
    assert not harness.waiting.done()
    await harness.clock.advance(0.3)
    assert harness.waiting.done()
    assert harness.late == 1
    assert not harness.writes


async def test_writes_that_no_reconcile_follows_do_not_pile_up(harness: ClientHarness) -> None:
    for number in range(50):
        await write(harness, obj(f"n{number}", version="5"))
        await harness.clock.advance(1)
    assert len(harness.writes) <= DEADLINE_SECONDS + 1


async def test_a_conflict_is_retried_once_the_cache_has_moved_on(harness: ClientHarness) -> None:
    harness.cache.known[A] = ("4", "u", False)
    with pytest.raises(ConflictError):
        await write(harness, api_error(409, "Conflict", "changed"), "update", obj(version="4"))
    assert await harness.held()
    harness.cache.known[A] = ("7", "u", False)
    assert await harness.released()


async def test_a_conflict_with_a_version_that_the_cache_has_left_behind_is_retried_at_once(
    harness: ClientHarness,
) -> None:
    harness.cache.known[A] = ("7", "u", False)
    with pytest.raises(ConflictError):
        await write(harness, api_error(409, "Conflict", "changed"), "update", obj(version="4"))
    assert not harness.writes


async def test_a_name_that_is_taken_is_waited_for(harness: ClientHarness) -> None:
    with pytest.raises(AlreadyExistsError):
        await write(harness, api_error(409, "AlreadyExists", "taken"), "create", obj())
    assert await harness.held()
    harness.cache.known[A] = ("7", "u", False)
    assert await harness.released()


@pytest.mark.parametrize("after", [None, ("6", "another", False), ("6", "u", True)])
async def test_a_deletion_is_waited_for(harness: ClientHarness, after: tuple[str, str, bool] | None) -> None:
    harness.cache.known[A] = ("4", "u", False)
    await write(harness, None, "delete", "v1/ConfigMap", "a", "default")
    assert await harness.held()
    harness.cache.known[A] = after
    assert await harness.released()


async def test_a_deletion_of_what_is_gone_is_waited_for(harness: ClientHarness) -> None:
    harness.cache.known[A] = ("4", "u", False)
    with pytest.raises(NotFoundError):
        await write(harness, api_error(404, "NotFound", "gone"), "delete", MAP, A)
    assert await harness.held()
    harness.cache.known.clear()
    assert await harness.released()


async def test_an_object_may_be_missing_and_is_waited_for_all_the_same(harness: ClientHarness) -> None:
    harness.cache.known[A] = ("4", "u", False)
    harness.server.answer = api_error(404, "NotFound", "gone")
    await harness.client.delete(obj(), missing_ok=True)
    assert await harness.held()
    harness.cache.known.clear()
    assert await harness.released()


async def test_a_kind_that_is_not_served_is_no_missing_object(harness: ClientHarness) -> None:
    harness.cache.known[A] = ("4", "u", False)
    harness.server.answer = NoMatchError("the API server serves no v1/ConfigMap")
    with pytest.raises(NoMatchError):
        await harness.client.delete(obj(), missing_ok=True)
    assert not harness.writes


BY_OBJECT = [("patch", ({},)), ("patch_status", ({},)), ("scale", (3,))]


@pytest.mark.parametrize(("call", "args"), BY_OBJECT, ids=[each[0] for each in BY_OBJECT])
async def test_a_change_of_an_object_is_waited_for(harness: ClientHarness, call: str, args: tuple[Any, ...]) -> None:
    await write(harness, obj(version="5"), call, obj(), *args)
    assert await harness.held()
    harness.cache.known[A] = ("5", "u", False)
    assert await harness.released()


async def test_the_response_of_scale_concerns_the_scaled_object(harness: ClientHarness) -> None:
    scale = {**obj(version="5", kind="Scale"), "apiVersion": "autoscaling/v1"}
    await write(harness, scale, "scale", MAP, A, 3)
    assert await harness.held()
    harness.cache.known[A] = ("5", "u", False)
    assert await harness.released()


async def test_every_object_of_a_deleted_collection_is_waited_for(harness: ClientHarness) -> None:
    harness.cache.known |= {A: ("4", "u", False), B: ("4", "v", False)}
    harness.server.answer = [obj("a", uid="u"), obj("b", uid="v"), obj("not-cached", uid="w")]
    await harness.client.delete_collection(MAP, "default", label_selector={"app": "web"})
    assert await harness.held()
    harness.cache.known[A] = None
    assert not await harness.released()
    harness.cache.known[B] = ("5", "v", True)
    assert await harness.released()


async def test_an_eviction_is_waited_for_and_a_refused_one_is_not() -> None:
    harness = ClientHarness(cached=POD)
    harness.cache.known[A] = ("4", "u", False)
    harness.server.answer = api_error(429, "TooManyRequests", "Cannot evict pod as it would violate its budget.")
    with pytest.raises(TooManyRequestsError, match="budget"):
        await harness.client.evict(A)
    assert not harness.writes
    harness.server.answer = None
    await harness.client.evict(obj(kind="Pod"))
    assert await harness.held()
    harness.cache.known.clear()
    assert await harness.released()


DRY = [
    ("create", (obj(),)), ("update", (obj(),)), ("update_status", (obj(),)), ("apply", (obj(),)),
    ("patch", (MAP, A, {})), ("patch_status", (MAP, A, {})), ("scale", (MAP, A, 3)), ("delete", (MAP, A)),
    ("delete_collection", (MAP, "default")), ("evict", (A,)),
]  # fmt: skip


@pytest.mark.parametrize(("call", "args"), DRY, ids=[each[0] for each in DRY])
async def test_a_dry_run_is_no_write(call: str, args: tuple[Any, ...]) -> None:
    harness = ClientHarness(cached=POD)
    harness.cache.known[A] = ("4", "u", False)
    harness.server.answer = [obj(uid="u")] if call == "delete_collection" else obj(version="5")
    await getattr(harness.client, call)(*args, dry_run=True)
    assert harness.server.options is not None
    assert harness.server.options["dry_run"] is True
    assert not harness.writes
    assert not harness.loops.told
    for error in (api_error(409, "AlreadyExists"), api_error(404, "NotFound")):
        harness.server.answer = error
        with pytest.raises(ApiError):
            await getattr(harness.client, call)(*args, dry_run=True)
    assert not harness.writes
    await write_for_real(harness, call, args)
    assert harness.loops.told


async def write_for_real(harness: ClientHarness, call: str, args: tuple[Any, ...]) -> None:
    """Show that the same call without a dry run is noted, so that the test above can fail."""
    harness.server.answer = [obj(uid="u")] if call == "delete_collection" else obj(version="5")
    await getattr(harness.client, call)(*args)


async def test_reads_and_unknown_methods_go_straight_through(harness: ClientHarness) -> None:
    harness.server.answer = obj()
    assert await harness.client.get("v1/ConfigMap", "a") == obj()
    assert not harness.writes


@pytest.mark.parametrize("call", sorted(name for name in dir(Client) if not name.startswith("_")))
def test_the_warning_of_a_forgotten_await_names_what_the_author_wrote(harness: ClientHarness, call: str) -> None:
    arguments = inspect.signature(getattr(Client, call)).parameters.values()
    needed = [each.name for each in arguments if each.default is each.empty and each.name != "self"]
    forgotten = getattr(harness.client, call)(*needed)
    with pytest.warns(RuntimeWarning, match=f"coroutine 'ctx.client.{call}' was never awaited"):
        del forgotten


async def test_of_several_parts_of_a_kind_each_that_selects_the_object_has_to_show_it(harness: ClientHarness) -> None:
    copies, others = Cache(), Cache()
    copies.is_whole = others.is_whole = False
    others.selects = lambda obj: False  # type: ignore[method-assign]  # the selector of another part
    harness.caches = [others, copies]
    await write(harness, obj(kind="Secret"), "create")
    assert await harness.held()
    copies.known[A] = ("5", "u", False)
    assert await harness.released()
    assert others.known == {}


async def test_only_a_whole_cache_is_expected_to_show_an_object_of_somebody_else(harness: ClientHarness) -> None:
    part = Cache()
    part.is_whole = False
    harness.caches = [part]
    with pytest.raises(AlreadyExistsError):
        await write(harness, api_error(409, "AlreadyExists"), "create", obj(kind="Secret"))
    assert not await harness.held()


async def test_a_cache_that_lost_the_server_holds_nothing_up(harness: ClientHarness) -> None:
    await write(harness, obj(kind="Secret"), "create")
    harness.cache.is_live = False
    assert not await harness.held()


def narrowed() -> Cache:
    part = Cache()
    part.is_whole = False
    return part


async def test_an_object_that_a_write_moves_to_another_part_is_waited_for_in_both(harness: ClientHarness) -> None:
    left, entered = narrowed(), narrowed()
    left.selects = lambda obj: False  # type: ignore[method-assign]  # the write took the label away
    left.known[A] = ("4", "u", False)
    harness.caches = [left, entered]
    await write(harness, obj(version="5"))
    assert await harness.held()
    entered.known[A] = ("5", "u", False)
    assert not await harness.released()
    left.known.clear()
    assert await harness.released()


@pytest.mark.parametrize(("known", "is_held"), [(None, False), (("4", "u", False), True)], ids=["other", "cached"])
async def test_a_scale_has_no_labels_to_select_by(
    harness: ClientHarness, known: tuple[str, str, bool] | None, is_held: bool
) -> None:
    harness.caches = [part] = [narrowed()]
    part.known[A] = known
    part.selects = lambda obj: not obj["metadata"].get("labels")  # type: ignore[method-assign]  # "!app"
    scale = {**obj(version="5", kind="Scale"), "apiVersion": "autoscaling/v1"}
    await write(harness, scale, "scale", MAP, A, 3)
    assert await harness.held() is is_held
    part.known[A] = ("5", "u", False)
    assert await harness.released()
