"""When a controller counts as failing most of the time."""

from datetime import UTC, datetime

import pytest

from plugin_operator.controllers import ControllerStatus, Failure, Request
from plugin_operator.controllers.status import InformerStatus
from plugin_operator.controllers.workers.outcomes import FailingKey
from plugin_operator.hosting.runtime.controller_failures import CODE_FAILURE_SHOWN_SECONDS, FailureLog
from plugin_operator.rendering import places_of
from plugin_operator.testing.virtual_clock import VirtualClock

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


class FailingController:
    """A controller with so many objects, which fail and succeed as told."""

    def __init__(self, objects: int) -> None:
        self.objects = objects
        self.succeeded = 7
        self.failing: dict[Request, FailingKey] = {}
        self.clock = VirtualClock()
        self.log = FailureLog("c", clock=self.clock, locate=lambda _: None, succeeded=lambda: self.succeeded)

    def fail(self, *names: str, terminal: bool = False) -> None:
        for name in names:
            request = Request("ns", name)
            error = ValueError(name)
            self.failing[request] = FailingKey(f"ValueError: {name}", "1", 1, WHEN, terminal)
            self.log.reconcile_failed(
                Failure(
                    controller="c", revision="1", request=request, error=error, text=f"ValueError: {name}", places=(),
                    at=self.clock.now(), is_terminal=terminal, is_panic=False, is_timeout=False,
                )
            )  # fmt: skip

    def succeed(self, *names: str) -> None:
        for name in names:
            self.succeeded += 1
            self.failing.pop(Request("ns", name), None)

    def status(self) -> ControllerStatus:
        informer = InformerStatus("key", "WATCHING", "", self.objects, True)
        return ControllerStatus(
            name="c", revision="1", is_started=True, has_synced=True, queue_depth=0, delayed=0, in_flight=(),
            max_concurrent_reconciles=1, workers=1, failing=self.failing, informers=(informer,), reconciles={},
        )  # fmt: skip

    def is_charged(self) -> bool:
        return self.log.look(self.status()).keeps_failing


def test_nothing_that_failed_is_nothing_told() -> None:
    found = FailingController(5).log.look(FailingController(5).status())
    assert (found.objects, found.last, found.summary, found.keeps_failing) == (0, None, "", False)


def test_the_first_failure_is_shown_and_the_third_in_a_row_of_the_only_object_is_a_charge() -> None:
    controller = FailingController(1)
    controller.fail("a")
    assert controller.log.look(controller.status()).summary == "c: 1 object fails (ns/a); last ValueError: a"
    controller.fail("a")
    assert not controller.is_charged()
    controller.fail("a")
    assert controller.is_charged()


def test_before_any_success_three_failures_of_one_object_are_a_charge_however_many_there_are() -> None:
    controller = FailingController(1000)
    controller.fail("a", "a", "a")
    assert controller.is_charged()


def test_after_a_success_three_different_objects_have_to_fail_in_a_row() -> None:
    controller = FailingController(1000)
    controller.succeed("x")
    controller.fail("a", "a", "a", "a")
    assert not controller.is_charged()
    controller.fail("b", "c")
    assert controller.is_charged()


def test_a_success_in_between_starts_the_row_over() -> None:
    controller = FailingController(1000)
    controller.succeed("x")
    for _ in range(10):
        controller.fail("a", "b")
        controller.succeed("x")
    assert not controller.is_charged()


def test_terminal_errors_of_all_objects_are_a_charge_though_none_is_tried_again() -> None:
    controller = FailingController(2)
    controller.succeed("x")
    controller.fail("a", terminal=True)
    assert not controller.is_charged()
    controller.fail("b", terminal=True)
    assert controller.is_charged()


def test_a_charge_holds_until_more_succeeds_than_fails_or_nothing_fails_any_more() -> None:
    controller = FailingController(10)
    controller.fail("a", "b", "c")
    assert controller.is_charged()
    for _ in range(5):
        controller.succeed("x")
        controller.fail("a", "b")
        assert controller.is_charged()
    controller.succeed(*"xyzxyzxyzxyzxyz")
    assert not controller.is_charged()
    other = FailingController(1)
    other.fail("a", "a", "a")
    assert other.is_charged()
    other.succeed("a")
    assert not other.is_charged()


async def test_a_map_function_that_raises_is_shown_and_forgotten_some_time_after_the_last() -> None:
    controller = FailingController(3)
    controller.log.code_failed("map", KeyError("x"))
    found = controller.log.look(controller.status())
    assert found.summary == "c: predicates or map functions raised 1 times; last map: KeyError: 'x'"
    assert not found.keeps_failing
    for _ in range(2):
        controller.log.code_failed("map", KeyError("x"))
    assert controller.is_charged()
    await controller.clock.advance(CODE_FAILURE_SHOWN_SECONDS + 1)
    assert controller.log.look(controller.status()).summary == ""
    assert not controller.is_charged()


@pytest.mark.parametrize("how", ["cause", "context"])
def test_an_error_raised_around_the_plugin_is_placed_where_its_cause_was_raised(how: str) -> None:
    source = compile("def f():\n    raise KeyError('x')\n", "/plugins/one.py@1", "exec")
    space: dict[str, object] = {}
    exec(source, space)

    def call() -> None:
        try:
            space["f"]()  # type: ignore[operator]
        except KeyError as error:
            if how == "cause":
                raise RuntimeError("outside") from error
            raise RuntimeError("outside")  # noqa: B904 - what is tested

    with pytest.raises(RuntimeError) as caught:
        call()
    locate = {"/plugins/one.py@1": "/plugins/one.py"}.get
    assert places_of(caught.value, locate) == ("/plugins/one.py:2",)


def test_a_message_has_one_line_and_an_end() -> None:
    controller = FailingController(1)
    controller.fail("a\nb" * 1000)
    last = controller.log.look(controller.status()).last
    assert last is not None
    assert "\n" not in last.error
    assert len(last.error) <= 300
