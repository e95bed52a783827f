"""Which change of a plugin becomes an Event."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from plugin_operator.app.lifecycle import LifecycleEvents, own_object
from plugin_operator.hosting import PluginState, PluginStatus
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.missing_rules import missing_rules
from plugin_operator.hosting.runtime.controller_failures import ControllerFailures, LastFailure
from plugin_operator.testing.virtual_clock import VirtualClock

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def plugin(state: PluginState, revision: str = "", **more: Any) -> PluginStatus:
    return PluginStatus(name="one", path="one.py", line=None, state=state, since=SINCE, revision=revision, **more)


class FakeHostAndRecorder:
    """Plays host and recorder."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.plugins: list[PluginStatus] = []
        self.said: list[tuple[str, str]] = []
        self.messages: list[str] = []
        self.directory_problem = ""
        self.is_settled = True

    def status(self) -> list[PluginStatus]:
        return self.plugins

    def event(self, about: Any, kind: Any, reason: str, message: str) -> None:
        assert about["kind"] == "Namespace"
        self.said.append((kind, reason))
        self.messages.append(message)

    async def after(self, *plugins: PluginStatus) -> list[tuple[str, str]]:
        """Return the events that tell of a change to these plugins."""
        self.plugins, self.said = list(plugins), []
        await self.clock.advance(5)
        return self.said


@pytest.fixture
async def fakes() -> AsyncIterator[FakeHostAndRecorder]:
    clock = VirtualClock()
    made = FakeHostAndRecorder(clock)
    events = LifecycleEvents(made, lambda _plugin: made, own_object({}, "here"), clock=clock)
    await events.start()
    yield made
    await events.stop(1)


async def test_each_step_of_a_plugins_life_is_told_once(fakes: FakeHostAndRecorder) -> None:
    assert await fakes.after(plugin(PluginState.VALIDATING)) == []
    assert await fakes.after(plugin(PluginState.ACTIVE, "1-a")) == [("Normal", "PluginLoaded")]
    assert await fakes.after(plugin(PluginState.ACTIVE, "1-a")) == []
    assert await fakes.after(plugin(PluginState.ACTIVE, "2-b")) == [("Normal", "PluginReloaded")]
    rejected = replace(plugin(PluginState.REJECTED, "2-b", candidate="c", reason="no controller"), line=3)
    assert await fakes.after(rejected) == [("Warning", "PluginRejected")]
    assert fakes.messages[-1] == "plugin one: one.py:3: no controller; 2-b keeps running"
    assert await fakes.after(rejected) == []
    assert await fakes.after(plugin(PluginState.WARMING, "2-b", candidate="c")) == []
    assert await fakes.after(rejected) == [], "it was tried again"
    assert await fakes.after() == [("Normal", "PluginUnloaded")]


async def test_a_roll_back_is_no_reload_and_its_text_quotes_no_exception(fakes: FakeHostAndRecorder) -> None:
    await fakes.after(plugin(PluginState.ACTIVE, "1-a"))
    await fakes.after(plugin(PluginState.ACTIVE, "2-b"))
    back = plugin(PluginState.QUARANTINED, "1-a", candidate="b", reason="failed (KeyError: 'password')")
    back = replace(back, rolled_back_for="KeyError at one.py:7")
    assert await fakes.after(back) == [("Warning", "PluginRolledBack")]
    assert "rolled back to 1-a because of KeyError at one.py:7;" in fakes.messages[-1]
    assert "password" not in fakes.messages[-1]


async def test_one_that_waits_is_not_said_to_work_until_it_does(fakes: FakeHostAndRecorder) -> None:
    waiting = plugin(PluginState.WAITING, "1-a", reason="namespace b waits, others are reconciled: forbidden")
    assert await fakes.after(plugin(PluginState.DRAINING, "1-a")) == []
    assert await fakes.after(waiting) == [("Warning", "PluginWaiting")]
    assert fakes.messages[-1] == "plugin one waits: namespace b waits, others are reconciled: forbidden"
    assert await fakes.after(waiting) == []
    assert await fakes.after(plugin(PluginState.ACTIVE, "1-a")) == [("Normal", "PluginLoaded")]
    assert await fakes.after(waiting) == [("Warning", "PluginWaiting")]
    assert await fakes.after(plugin(PluginState.ACTIVE, "1-a")) == []
    assert await fakes.after(plugin(PluginState.WAITING, "2-b", reason="no kind")) == [("Warning", "PluginWaiting")]
    assert await fakes.after(plugin(PluginState.ACTIVE, "2-b")) == [("Normal", "PluginReloaded")]
    assert fakes.messages[-1] == "plugin one works: 2-b instead of 1-a"


async def test_another_broken_file_is_told_again(fakes: FakeHostAndRecorder) -> None:
    await fakes.after(plugin(PluginState.REJECTED, candidate="c"))
    assert await fakes.after(plugin(PluginState.REJECTED, candidate="d")) == [("Warning", "PluginRejected")]


def test_events_are_about_the_pod_if_it_is_known() -> None:
    environment = {"POD_NAME": "p", "POD_NAMESPACE": "n", "POD_UID": "u"}
    assert own_object(environment, "other") == {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n", "uid": "u"}
    }  # fmt: skip
    assert own_object({}, None)["metadata"]["name"] == "default"


async def test_a_plugin_that_fails_most_of_the_time_is_told_once_for_each_revision(fakes: FakeHostAndRecorder) -> None:
    failure = LastFailure("reconcile", "KeyError: 'password'", (), SINCE)
    failing = (ControllerFailures("web", 3, ("a",), 0, failure, keeps_failing=True), ControllerFailures("fine"))
    await fakes.after(plugin(PluginState.ACTIVE, "1-a"))
    told = [("Warning", "PluginFailing")]
    assert await fakes.after(plugin(PluginState.ACTIVE, "1-a", failures=failing)) == told
    assert "plugin one fails most of the time in 1-a: web;" in fakes.messages[-1]
    assert "password" not in fakes.messages[-1]
    assert await fakes.after(plugin(PluginState.ACTIVE, "1-a", failures=failing)) == []
    assert ("Warning", "PluginFailing") in await fakes.after(plugin(PluginState.ACTIVE, "2-b", failures=failing))
    assert await fakes.after(plugin(PluginState.ACTIVE, "2-b")) == []
    assert await fakes.after(plugin(PluginState.ACTIVE, "2-b", failures=failing)) == told


async def test_missing_permissions_are_an_event_of_whole_lines_once(fakes: FakeHostAndRecorder) -> None:
    missing = missing_rules(Call("get", "", f"resource-{number}") for number in range(3))
    waiting = plugin(PluginState.WAITING, "1-a", reason="no", missing=missing)
    assert ("Warning", "PluginLacksPermissions") in await fakes.after(waiting)
    assert "- resource-2\n" in fakes.messages[-1]
    assert await fakes.after(waiting) == []
    many = missing_rules(Call("get", "", f"resource-{number}") for number in range(100))
    assert await fakes.after(replace(waiting, missing=many)) == [("Warning", "PluginLacksPermissions")]
    assert len(fakes.messages[-1]) <= 1024
    assert fakes.messages[-1].endswith("\n… plugin-operator status one shows all")
    await fakes.after(plugin(PluginState.ACTIVE, "1-a"))
    assert ("Warning", "PluginLacksPermissions") in await fakes.after(waiting)
