"""When a stream counts as deaf."""

from dataclasses import dataclass

import pytest

from plugin_operator.app.reports.health import probes
from plugin_operator.app.reports.stream_liveness import stale_streams
from plugin_operator.cache import InformerKey
from plugin_operator.cache.environment import ReflectorSettings
from plugin_operator.cache.reflector.states import State
from plugin_operator.kube import GroupVersionKind

KEY = InformerKey(GroupVersionKind("", "v1", "ConfigMap"))
SETTINGS = ReflectorSettings(silence_seconds=90, backoff_cap_seconds=10)


@dataclass
class Stream:
    state: State = State.WATCHING
    last_activity: float = 0.0
    key: InformerKey = KEY


@pytest.mark.parametrize("state", [State.WATCHING, State.BACKING_OFF, State.COMPARING, State.PAGED_LIST])
def test_a_stream_that_brought_nothing_past_its_deadline_and_a_try_is_deaf(state: State) -> None:
    assert stale_streams([Stream(state)], 109.0, SETTINGS) == []
    assert stale_streams([Stream(state)], 111.0, SETTINGS) == ["v1/ConfigMap for 111 s"]


def test_one_that_waits_for_a_kind_or_a_permission_is_excused() -> None:
    assert stale_streams([Stream(State.WAITING)], 1e6, SETTINGS) == []


async def test_a_deaf_stream_makes_the_process_unready() -> None:
    class Link:
        is_open = True
        host = "https://x"

    deaf: list[str] = []
    _, ready = probes(Link(), str, str, list, lambda: deaf)  # type: ignore[arg-type]
    assert (await ready.run("streams")).reason == ""
    deaf.append("v1/ConfigMap for 111 s")
    assert (await ready.run("streams")).reason == "nothing heard: v1/ConfigMap for 111 s"
