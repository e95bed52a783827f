import asyncio

import pytest

from plugin_operator.testing.eventually import eventually


async def test_it_returns_the_first_true_value() -> None:
    values = iter([0, "", "yes"])
    assert await eventually(lambda: next(values), interval_seconds=0) == "yes"


async def test_it_awaits_an_async_condition() -> None:
    calls = []

    async def condition() -> bool:
        await asyncio.sleep(0)
        calls.append(1)
        return len(calls) == 3

    assert await eventually(condition, interval_seconds=0)


async def test_a_failing_assertion_means_not_yet_and_is_raised_at_the_end() -> None:
    def condition() -> None:
        raise AssertionError("not there yet")

    with pytest.raises(AssertionError, match="not there yet"):
        await eventually(condition, timeout_seconds=0)


async def test_the_last_value_is_shown_at_the_end() -> None:
    with pytest.raises(AssertionError, match=r"still \[\] after 0 s"):
        await eventually(list, timeout_seconds=0)


async def test_any_other_exception_ends_the_wait() -> None:
    with pytest.raises(ZeroDivisionError):
        await eventually(lambda: 1 / 0)
