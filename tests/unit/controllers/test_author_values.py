"""What authors hand over and what reaches the queue: refused where it is made, or plain from there on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest

from plugin_operator.controllers import ControllerSpec, RateLimiterSpec, Request, Result, Watch, handlers
from plugin_operator.controllers.handlers import EnqueueMapped
from plugin_operator.controllers.metrics import controller_metrics
from plugin_operator.kube import NamespacedName
from plugin_operator.testing.fake_informers import FakeObject
from tests.unit.controllers.conftest import ControllerHarness

OBJECT = FakeObject({"metadata": {"name": "x"}})
NAN, INFINITE, HUGE = float("nan"), float("inf"), 10**400


class Odd(float):
    """A number whose comparisons and conversions raise."""

    def __lt__(self, other: object) -> bool:
        raise RuntimeError("__lt__")

    __gt__ = __le__ = __ge__ = __lt__

    def __float__(self) -> float:
        raise RuntimeError("__float__")


class OddInt(int):
    def __lt__(self, other: object) -> bool:
        raise RuntimeError("__lt__")

    __gt__ = __le__ = __ge__ = __lt__

    def __index__(self) -> int:
        raise RuntimeError("__index__")

    __int__ = __index__


class OddText(str):
    __slots__ = ()

    def __hash__(self) -> int:
        raise RuntimeError("__hash__")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("__eq__")


class Lying:
    """Says that it is a Result."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return Result


class Urgency(IntEnum):
    HIGH = 10


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("requeue_after", value) for value in ("1", b"1", True, Decimal(1), [1])],
        *[("requeue_after", value) for value in (-1, -0.1, NAN, INFINITE, HUGE, 1e300)],
        *[("requeue", value) for value in (30, 1, 0, None, "yes")],
        *[("priority", value) for value in ("high", 1.5, True, 2**31, -(2**31) - 1, HUGE, NAN)],
    ],
)
def test_a_result_refuses_what_the_queue_cannot_take_and_names_the_field_and_the_way_out(
    field: str, value: Any
) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"^{field} .*; it takes ") as refused:
        Result(**{field: value})
    assert len(str(refused.value)) < 200


def test_a_result_keeps_plain_numbers_whatever_their_class_overrides() -> None:
    result = Result(requeue_after=Odd(2.5), priority=OddInt(7))
    assert type(result.requeue_after) is float
    assert type(result.priority) is int
    assert result == Result(requeue_after=2.5, priority=7)
    assert type(Result(priority=Urgency.HIGH).priority) is int


@dataclass(frozen=True, slots=True)
class Unchecked(Result):
    def __post_init__(self) -> None:
        pass


def _tampered() -> Result:
    result = Result()
    object.__setattr__(result, "priority", "high")
    return result


@pytest.mark.parametrize(
    "make",
    [
        lambda: Unchecked(requeue_after="soon"),  # type: ignore[arg-type]
        lambda: Unchecked(requeue_after=1, priority="high"),  # type: ignore[arg-type]
        lambda: Unchecked(requeue=Lying()),  # type: ignore[arg-type]
        _tampered,
        lambda: object.__new__(Result),
        Lying,
        lambda: 30,
        lambda: {"requeue": True},
    ],
)
async def test_a_wrong_result_is_a_failed_reconcile_that_is_retried_and_holds_up_nobody(
    harness: ControllerHarness, make: Callable[..., Any]
) -> None:
    wrong = {"a"}

    async def reconcile(request: NamespacedName) -> Any:
        harness.log.append(request.name)
        return make() if request.name in wrong else Result(requeue_after=60)

    harness.informer.set("a")
    harness.informer.set("b")
    await harness.run(reconcile)
    await harness.clock.advance(1)
    assert harness.log.count("a") > 3
    assert controller_metrics(harness.metrics, "cm").errors == harness.log.count("a")
    wrong.clear()
    await harness.clock.advance(1000)
    harness.log.clear()
    await harness.clock.advance(120)
    assert harness.log.count("a") == harness.log.count("b") == 2


def mapped(*values: object) -> tuple[list[Request], BaseException | None]:
    """What reaches the queue of what a map function returned, and what is reported."""
    found: list[Request] = []
    try:
        for request in EnqueueMapped(lambda _: values).requests(Request("", "x"), OBJECT):
            found.append(request)
    except (TypeError, ValueError) as error:
        return found, error
    return found, None


@pytest.mark.parametrize(
    "value",
    [
        Request(5, "a"),  # type: ignore[arg-type]
        Request("n", None),  # type: ignore[arg-type]
        Request("n", ""),
        Request("n", "a/b"),
        Request("n", "a" * 1000),
        Request("n", "a\n"),
        Request(["n"], "a"),  # type: ignore[arg-type]
        ("n", "a", "b"),
        ("n",),
        {"namespace": "n", "name": "a"},
        b"a",
        None,
        5,
        "a/b/c",
        "",
    ],
)
def test_what_is_no_request_is_reported_and_the_others_beside_it_are_enqueued(value: Any) -> None:
    found, error = mapped("n/first", value, ("n", "last"))
    assert found == [("n", "first"), ("n", "last")]
    assert "request" in str(error) or "name" in str(error)
    assert len(str(error)) < 250


@pytest.mark.parametrize(
    "value", [Request(OddText("n"), OddText("a")), (OddText("n"), "a"), ["n", OddText("a")], OddText("n/a")]
)
def test_a_request_is_made_of_plain_texts_whatever_the_author_made_it_of(value: Any) -> None:
    (request,), error = mapped(value)
    assert error is None
    assert [type(request), type(request.namespace), type(request.name)] == [Request, str, str]
    assert request == ("n", "a")


def test_no_namespace_is_that_of_a_cluster_scoped_object() -> None:
    assert mapped(Request(None, "a"), (None, "b")) == ([("", "a"), ("", "b")], None)  # type: ignore[arg-type]


@pytest.mark.parametrize("found", [5, b"n/a", {"n": "a"}, object()])
def test_a_map_function_that_returns_no_list_is_told_what_it_takes(found: Any) -> None:
    with pytest.raises(TypeError, match="it takes a list of Request"):
        list(EnqueueMapped(lambda _: found).requests(Request("", "x"), OBJECT))


def test_a_map_function_that_never_ends_is_ended_after_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "MAX_MAPPED", 1_000)

    def endless(_obj: dict[str, Any]) -> Iterator[tuple[str, str]]:
        while True:
            yield ("ns", "name")

    made: list[Any] = []
    with pytest.raises(TypeError, match="more than 1,000 requests"):
        made.extend(EnqueueMapped(endless).requests(Request("", "x"), OBJECT))
    assert len(made) == 1_000


async def test_a_map_function_with_odd_requests_leaves_queue_and_informer_at_work(harness: ControllerHarness) -> None:
    def odd(obj: dict[str, Any]) -> list[NamespacedName]:
        return [Request(OddText("default"), OddText(obj["metadata"]["name"])), Request(5, "x")]  # type: ignore[arg-type]

    await harness.run(spec=harness.spec(Watch(("cms",), EnqueueMapped(odd))))
    for name in ("a", "b"):
        harness.informer.set(name)
        await harness.clock.settle()
    assert harness.take_log() == [("r1", "a"), ("r1", "b")]


@pytest.mark.parametrize("value", ["1", True, 0, -1, NAN, INFINITE, HUGE, None])
@pytest.mark.parametrize("field", ["base_seconds", "cap_seconds"])
def test_a_rate_limit_refuses_what_is_no_delay(field: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"^{field} .*; it takes "):
        RateLimiterSpec(**{field: value})


def test_a_rate_limit_whose_cap_is_below_its_base_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^cap_seconds is 1\.0, less than base_seconds"):
        RateLimiterSpec(base_seconds=2, cap_seconds=1)


@pytest.mark.parametrize("value", ["1", True, 0, NAN, INFINITE, HUGE])
@pytest.mark.parametrize("field", ["resync_seconds", "max_concurrent_reconciles"])
def test_a_controller_refuses_numbers_that_would_break_its_timers(field: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"^{field} .*; it takes "):
        ControllerSpec("c", (), **{field: value})


class BrokenLimiter:
    """Raises, or asks for what is no delay."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def when(self, item: Request) -> float:
        if isinstance(self.answer, Exception):
            raise self.answer
        seconds: float = self.answer
        return seconds

    def forget(self, item: Request) -> None:
        raise RuntimeError("forget")

    def num_requeues(self, item: Request) -> int:
        return 0

    def clear(self) -> None:
        raise RuntimeError("clear")


@pytest.mark.parametrize("answer", [RuntimeError("when"), NAN, INFINITE, "1", -1.0])
async def test_a_failing_key_comes_again_whatever_its_rate_limiter_does(
    harness: ControllerHarness, answer: RuntimeError | float
) -> None:
    async def reconcile(request: NamespacedName) -> None:
        harness.log.append(request.name)
        if request.name == "fails":
            raise ValueError("boom")

    await harness.run(reconcile)
    harness.controller._queue.rate_limiter = BrokenLimiter(answer)
    for name in ("fails", "succeeds"):
        harness.informer.set(name)
    await harness.clock.advance(10)
    assert harness.log.count("fails") >= 9
    assert harness.log.count("succeeds") == 1
    harness.informer.set("succeeds", data={"x": "1"})
    await harness.clock.advance(1)
    assert harness.log.count("succeeds") == 2
