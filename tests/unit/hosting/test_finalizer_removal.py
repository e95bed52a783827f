"""What the removal of a finalizer does about refusals, other parties, and a controller that comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import msgspec
import pytest

from plugin_operator.errors import (
    ApiConnectionError,
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    PluginOperatorError,
    ServerError,
)
from plugin_operator.hosting.finalizers.ledger import KeptFinalizer
from plugin_operator.hosting.finalizers.live_finalizers import LiveFinalizers
from plugin_operator.hosting.finalizers.removal import FinalizerRemoval
from plugin_operator.kube import GroupVersionKind
from plugin_operator.testing import VirtualClock

KIND = GroupVersionKind.parse("v1/ConfigMap")
KEPT = KeptFinalizer(KIND, "one")


class Server:
    """Objects with finalizers, some of which refuse patches."""

    def __init__(self, *names: str) -> None:
        self.finalizers = {name: [KEPT.finalizer] for name in names or ("x/a", "x/b", "y/c")}
        self.refuses: dict[str, PluginOperatorError] = {}
        self.patched: list[str] = []
        self.on_patch: Callable[[], None] = lambda: None

    async def pages(self, _kind: GroupVersionKind, namespace: str | None = None) -> AsyncIterator[Sequence[bytes]]:
        if namespace is not None and (error := self.refuses.get(namespace)) is not None:
            raise error
        yield [
            msgspec.json.encode(
                {"metadata": {"namespace": place, "name": name, "uid": f"{place}/{name}", "finalizers": on}}
            )
            for place, name, on in ((*key.split("/"), on) for key, on in self.finalizers.items())
            if namespace in (None, place)
        ]

    async def patch(self, _kind: Any, name: Any, patch: Any, namespace: str | None = None) -> None:
        key = f"{namespace}/{name}"
        self.patched.append(key)
        if (error := self.refuses.get(key)) is not None:
            raise error
        self.finalizers[key] = patch["metadata"]["finalizers"]
        self.on_patch()

    def held(self) -> set[str]:
        return {key for key, on in self.finalizers.items() if on}


class Meanwhile(VirtualClock):
    """A clock whose sleeps end at once, after another party had its turn."""

    def __init__(self, turn: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.turn = turn

    async def sleep(self, seconds: float) -> None:
        self.turn()
        await asyncio.sleep(0)


def removal(
    server: Server, clock: Meanwhile | None = None, owed: Callable[[], bool] = lambda: True
) -> FinalizerRemoval:
    return FinalizerRemoval(
        "p", LiveFinalizers(server), clock or Meanwhile(), is_owed=lambda _: owed(), count=lambda *_: None
    )


@pytest.mark.parametrize(
    "error",
    [
        ForbiddenError(403, "Forbidden", "a webhook denies it"),
        InvalidError(422, "Invalid", "spec: required"),
        ServerError(500, "InternalError", "failed calling webhook"),
    ],
)
async def test_an_object_that_refuses_keeps_the_finalizer_on_no_other(error: ApiError) -> None:
    server = Server()
    server.refuses["x/a"] = error
    problem = await removal(server).take_off(KEPT)
    assert server.held() == {"x/a"}
    assert f"1 object keeps the finalizer {KEPT.finalizer}: v1/ConfigMap x/a: " in problem
    assert error.message in problem
    assert server.patched.count("x/a") == 1


async def test_a_namespace_that_cannot_be_listed_keeps_the_finalizer_in_no_other() -> None:
    server = Server()
    server.refuses["x"] = ForbiddenError(403, "Forbidden", "no list in x")
    problem = await removal(server).take_off(KeptFinalizer(KIND, "one", ("x", "y")))
    assert server.held() == {"x/a", "x/b"}
    assert f"objects of v1/ConfigMap in x may keep the finalizer {KEPT.finalizer}" in problem
    assert "no list in x" in problem


async def test_a_namespace_in_which_all_refuse_is_left_after_a_while_and_others_are_not() -> None:
    server = Server("y/c", *(f"x/{number}" for number in range(1000)))
    server.refuses = {key: ForbiddenError(403, "Forbidden", "no") for key in server.finalizers if key != "y/c"}
    assert "403" in await removal(server).take_off(KEPT)
    assert "y/c" not in server.held()
    assert len(server.patched) < 200


async def test_a_server_that_cannot_be_reached_ends_the_look() -> None:
    server = Server()
    server.refuses = dict.fromkeys(server.finalizers, ApiConnectionError("no route"))
    with pytest.raises(ApiConnectionError):
        await removal(server).take_off(KEPT)
    assert len(server.patched) == 1


async def test_an_object_that_changes_meanwhile_is_taken_in_the_next_round_but_not_for_ever() -> None:
    server = Server("x/a")
    server.refuses["x/a"] = ConflictError(409, "Conflict", "it has changed")
    assert "x/a: changed while" in await removal(server).take_off(KEPT)
    assert len(server.patched) > 1
    assert await removal(server, Meanwhile(server.refuses.clear)).take_off(KEPT) == ""
    assert server.held() == set()


async def test_no_write_follows_once_another_plugin_answers_for_the_finalizer() -> None:
    server, owed = Server(), [True]
    server.on_patch = owed.clear
    assert await removal(server, owed=lambda: bool(owed)).take_off(KEPT) == ""
    assert len(server.patched) == 1
    assert await removal(server, owed=lambda: False).take_off(KEPT) == ""
    assert len(server.patched) == 1


@pytest.mark.parametrize("is_quick", [True, False])
async def test_a_finalizer_that_another_party_puts_on_again_is_a_problem_and_not_a_race(is_quick: bool) -> None:
    server = Server("x/a")

    def put_on_again() -> None:
        server.finalizers["x/a"] = [KEPT.finalizer]

    looks = removal(server, Meanwhile(put_on_again if is_quick else lambda: None))
    if not is_quick:
        assert await looks.take_off(KEPT) == ""
        put_on_again()
    for number in (1, 2):
        problem = await looks.take_off(KEPT)
        assert f"1 object keeps the finalizer {KEPT.finalizer}: v1/ConfigMap x/a: another party puts it on" in problem
        assert len(server.patched) == number + (not is_quick)
        put_on_again()
    server.finalizers.clear()
    assert await looks.take_off(KEPT) == ""
