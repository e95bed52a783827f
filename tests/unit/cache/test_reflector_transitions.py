"""What the reflector does after each outcome, and which outcome an exception is."""

from typing import Any

import pytest

from plugin_operator.cache import State
from plugin_operator.cache.reflector.outcomes import HistoryRewritten, failure_of
from plugin_operator.cache.reflector.states import TRANSITIONS, Outcome, Pause, next_step
from plugin_operator.errors import ConfigError, NoMatchError, api_error


def test_every_state_knows_what_follows_every_failure() -> None:
    failures = {Outcome.BROKEN, Outcome.FAILED, Outcome.THROTTLED, Outcome.MISSING, Outcome.FORBIDDEN, Outcome.REFUSED}
    failures |= {Outcome.UNCONVERTED}
    for state, known in TRANSITIONS.items():
        assert failures <= set(known)
        assert all(known[outcome].pause is not Pause.NONE for outcome in failures), state
    assert next_step(State.RESOLVING, Outcome.REWRITTEN).state is State.RESOLVING


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (api_error(401), Outcome.FAILED),
        (api_error(500), Outcome.FAILED),
        (api_error(500, "Expired"), Outcome.EXPIRED),
        (api_error(500, "", "conversion webhook for example.org/v2, Kind=X failed: x"), Outcome.UNCONVERTED),
        (api_error(429, "", "storage is (re)initializing: conversion webhook for x failed"), Outcome.UNCONVERTED),
        (api_error(405), Outcome.REFUSED),
        (NoMatchError("x"), Outcome.MISSING),
        (ConfigError("x"), Outcome.FAILED),
        (HistoryRewritten("x"), Outcome.REWRITTEN),
        (ZeroDivisionError("x"), Outcome.FAILED),
    ],
)
def test_an_exception_reads_as_an_outcome(error: Any, outcome: Outcome) -> None:
    assert failure_of(error).outcome is outcome
    assert "x" in failure_of(error).reason or error.status
