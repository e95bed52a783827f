"""What is said about plugins that do not run as their files say."""

from datetime import UTC, datetime
from typing import cast

import pytest

from plugin_operator.app.managed_connection import ManagedConnection
from plugin_operator.app.reports.health import probes
from plugin_operator.app.reports.status_report import degraded_plugins, status_of
from plugin_operator.hosting import PluginState, PluginStatus
from plugin_operator.hosting.runtime.misbehavior import Misbehavior, MisbehaviorKind
from plugin_operator.serving.checks import Probe


class Host:
    def __init__(self, problem: str = "", **reasons: str) -> None:
        self.directory_problem = problem
        self.is_settled = True
        self._reasons = reasons

    def status(self) -> list[PluginStatus]:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        return [
            PluginStatus(name, f"/plugins/{name}.py", None, PluginState.REJECTED, since, reason)
            for name, reason in self._reasons.items()
        ]


class Link:
    host = "https://cluster"
    is_open = True


def readiness(not_loaded: str, host: Host) -> Probe:
    _, ready = probes(cast("ManagedConnection", Link()), lambda: not_loaded, lambda: degraded_plugins(host), list)
    return ready


def test_nothing_wrong_is_nothing_to_tell() -> None:
    assert degraded_plugins(Host(one="", two="")) == ""


def test_a_reconcile_that_does_not_end_is_named_with_its_place() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    charge = Misbehavior(MisbehaviorKind.HANGS, "reconcile of default/a runs for 61 s", since, ("/plugins/one.py:7",))
    host = Host()
    host.status = lambda: [  # type: ignore[method-assign]
        PluginStatus("one", "/plugins/one.py", None, PluginState.ACTIVE, since, charges=(charge,))
    ]
    assert (
        degraded_plugins(host)
        == "(1 not running as it should, see /status): one: /plugins/one.py:7: reconcile of default/a runs for 61 s"
    )


def test_directory_and_plugins_are_named_in_one_line() -> None:
    host = Host("/plugins is not trusted: one.py is changed", one="SyntaxError:\n  no", two="", three="x" * 999)
    assert degraded_plugins(host).startswith(
        "(2 not running as it should, see /status): /plugins is not trusted: one.py is changed; "
        "one: SyntaxError: no; three: xxx"
    )
    assert len(degraded_plugins(host)) < 450


def test_a_long_reason_is_cut_between_two_words_and_its_line_is_named() -> None:
    reason = "the thing is refused " * 40
    since = datetime(2026, 1, 1, tzinfo=UTC)
    host = Host()
    host.status = lambda: [PluginStatus("one", "/plugins/one.py", 7, PluginState.REJECTED, since, reason)]  # type: ignore[method-assign]
    text = degraded_plugins(host)
    assert text.startswith("(1 not running as it should, see /status): one: /plugins/one.py:7: the thing is refused")
    assert text.endswith((" the …", " thing …", " is …", " refused …"))
    assert len(text) < 360


async def test_a_refused_plugin_is_noted_and_leaves_the_process_ready() -> None:
    outcome = await readiness("", Host(one="needs x")).run("plugins")
    assert (outcome.reason, outcome.note) == ("", "(1 not running as it should, see /status): one: needs x")


async def test_a_directory_that_was_never_accepted_leaves_it_unready() -> None:
    outcome = await readiness("/plugins is not trusted", Host()).run("plugins")
    assert outcome.reason == "/plugins is not trusted"


@pytest.mark.parametrize("serial", [None, 0, 7])
def test_the_status_tells_the_accepted_serial_and_the_problem(serial: int | None) -> None:
    status = status_of(
        Host("bad"), version="1", server="", plugins_dir="/plugins", serial=serial, leading=True, leader=""
    )
    assert (status["manifestSerial"], status["pluginsDirProblem"], status["pluginsDir"]) == (serial, "bad", "/plugins")
    old = (status["manifest_serial"], status["plugins_dir_problem"], status["plugins_dir"])
    assert old == (serial, "bad", "/plugins")
