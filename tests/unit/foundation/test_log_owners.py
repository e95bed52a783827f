"""Whose a log line is, whatever the plugin that writes it says."""

import contextvars
import io
import json
import logging
import threading
from collections.abc import Callable
from types import CodeType
from typing import Any

import pytest
import structlog

from plugin_operator import logs
from plugin_operator.kube import NamespacedName
from plugin_operator.plugin.runtime.task_tracking import RevisionTasks, mark_reconcile

OWNED = {
    "plugin": "evil",
    "revision": "1-abc",
    "controller": "c",
    "namespace": "ns",
    "name": "web",
    "reconcile_id": "id-1",
}


class Reconcile:
    controller = "c"
    reconcile_id = "id-1"
    request = NamespacedName("ns", "web")


@pytest.fixture
def stream() -> io.StringIO:
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    return stream


@pytest.fixture
def owners(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str, filename: str) -> tuple[str, str, str] | None:
        if filename == "evil.py@1":
            return "evil", "1-abc", "evil"
        return ("good", "1-abc", "good") if name == "good_module" else None

    monkeypatch.setattr(logs, "_owners", [find])


def in_reconcile(function: Callable[[], object]) -> None:
    """Call a function as a plugin's reconcile is."""

    def run() -> None:
        RevisionTasks("evil", "1-abc").mark()
        mark_reconcile(Reconcile())
        function()

    contextvars.copy_context().run(run)


def line_of(stream: io.StringIO) -> dict[str, Any]:
    [line] = stream.getvalue().splitlines()
    pairs: list[tuple[str, Any]] = json.loads(line, object_pairs_hook=list)
    assert len(pairs) == len(dict(pairs)), f"a key stands twice: {line}"
    return dict(pairs)


class Text(str):
    """A key that equals no other."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, _other: object) -> bool:
        return False


def bound() -> Any:
    return logs.owned_logger("plugin", plugin="evil", revision="1-abc", controller="c").bind(
        namespace="ns", name="web", reconcile_id="id-1"
    )


@pytest.mark.parametrize("field", OWNED)
@pytest.mark.parametrize(
    "say",
    [
        lambda log, lie: log.info("x", **lie),
        lambda log, lie: log.bind(**lie).info("x"),
        lambda log, lie: log.bind(a=1).bind(**lie).warning("x"),
        lambda log, lie: log.new(**lie).info("x"),
        lambda log, lie: log.unbind(*lie).info("x", **lie),
        lambda log, lie: log.try_unbind(*lie).bind(**lie).info("x"),
        lambda log, lie: log.info("x", **{Text(key): value for key, value in lie.items()}),
    ],
    ids=["argument", "bind", "bind twice", "new", "unbind", "try_unbind", "odd key"],
)
def test_a_field_of_the_contexts_logger_keeps_its_value(
    stream: io.StringIO, field: str, say: Callable[[Any, dict[str, str]], None]
) -> None:
    say(bound(), {field: "good"})
    line = line_of(stream)
    assert {key: line[key] for key in OWNED} == OWNED
    assert line[f"fields.{field}"] == "good"


def test_the_contexts_logger_keeps_its_fields_when_lines_are_captured() -> None:
    with structlog.testing.capture_logs() as lines:
        bound().info("x", plugin="good")
    assert lines == [{**OWNED, "fields.plugin": "good", "event": "x", "log_level": "info"}]


def test_a_line_that_cannot_be_rendered_keeps_its_fields(stream: io.StringIO) -> None:
    bound().info("x", plugin="good", level="critical", value="v" * 300_000)
    line = line_of(stream)
    assert "cut from" in line["rendering"]
    assert {key: line[key] for key in OWNED} == OWNED
    assert line["level"] == "info"


def _with_context_variables() -> None:
    with structlog.contextvars.bound_contextvars(**dict.fromkeys(OWNED, "good")):
        logging.getLogger("lib").warning("x")


LOGGERS: dict[str, Callable[[], object]] = {
    "logging": lambda: logging.getLogger("lib").warning("x"),
    "extra": lambda: logging.getLogger("lib").warning("x", extra=dict.fromkeys(set(OWNED) - {"name"}, "good")),
    "extra that looks like structlog's": lambda: logging.getLogger("lib").warning(
        {"event": "x", **dict.fromkeys(OWNED, "good")}, extra={"_logger": None, "_name": "info"}
    ),
    "name of another's": lambda: logging.getLogger("good_module").warning("x"),
    "context variables": _with_context_variables,
    "structlog": lambda: structlog.get_logger("plugin_operator.x").info("x", **dict.fromkeys(OWNED, "good")),
}


@pytest.mark.usefixtures("owners")
@pytest.mark.parametrize("say", LOGGERS.values(), ids=LOGGERS)
def test_any_other_logger_in_a_reconcile_names_the_reconcile(stream: io.StringIO, say: Callable[[], object]) -> None:
    in_reconcile(say)
    line = line_of(stream)
    assert {key: line[key] for key in OWNED} == OWNED


def plugin_code(text: str) -> CodeType:
    return compile(text, "evil.py@1", "exec")


@pytest.mark.usefixtures("owners")
@pytest.mark.parametrize(
    "text",
    [
        "import logging; logging.getLogger('good_module').warning('x')",
        "import structlog; structlog.get_logger().info('x', plugin='good', revision='2')",
    ],
    ids=["logging", "structlog"],
)
def test_a_thread_of_a_plugin_names_the_plugin(stream: io.StringIO, text: str) -> None:
    thread = threading.Thread(target=exec, args=(plugin_code(text), {}))
    thread.start()
    thread.join(5)
    line = line_of(stream)
    assert (line["plugin"], line["revision"]) == ("evil", "1-abc")


def test_the_operator_may_name_another_plugin_while_code_of_one_runs(stream: io.StringIO) -> None:
    in_reconcile(lambda: logs.get_logger("plugin_operator.x").info("x", plugin="good"))
    assert line_of(stream)["plugin"] == "good"
