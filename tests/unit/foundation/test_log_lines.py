import io
import json
import logging
from typing import Any, Literal, NoReturn, cast

import pytest
import structlog

from plugin_operator import logs
from plugin_operator.errors import UsageError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_pod_gets_one_json_object_for_each_event() -> None:
    stream = io.StringIO()
    logs.configure("auto", "info", stream)
    logs.get_logger("cache", plugin="p").info("Synced", objects=3)
    [line] = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "Synced", "level": "info", "logger": "cache", "plugin": "p", "objects": 3}


def test_a_terminal_gets_text() -> None:
    stream = Terminal()
    logs.configure("auto", "info", stream)
    logs.get_logger("cache").info("Synced", objects=3)
    assert "Synced" in stream.getvalue()
    assert "\x1b[" in stream.getvalue()


def test_what_is_below_the_level_is_dropped() -> None:
    stream = io.StringIO()
    logs.configure("json", "warning", stream)
    log = logs.get_logger("x")
    log.info("no")
    log.debug("no")
    log.warning("yes")
    logging.getLogger("other").info("no")
    assert [line["event"] for line in lines(stream)] == ["yes"]


def test_exceptions_are_structured_and_never_show_local_variables() -> None:
    for log_format in ("json", "console"):
        stream = io.StringIO()
        logs.configure(log_format, "info", stream)
        password = "hunter" + "2"
        try:
            int("broken")
        except ValueError as error:
            logs.get_logger(f"x-{log_format}").error("Failed", exc_info=error)
        assert password not in stream.getvalue()
        if log_format == "json":
            [trace] = lines(stream)[0]["exception"]
            assert (trace["exc_type"], trace["exc_value"]) == (
                "ValueError",
                "invalid literal for int() with base 10: 'broken'",
            )
            assert trace["frames"][-1]["name"] == "test_exceptions_are_structured_and_never_show_local_variables"


def test_the_standard_librarys_logging_goes_the_same_way() -> None:
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    logging.getLogger("aiohttp.server").warning("Slow %s", "client")
    try:
        json.loads("{}")["k"]
    except KeyError:
        logging.getLogger("lib").exception("Oops")
    first, second = lines(stream)
    assert (first["event"], first["logger"], first["level"]) == ("Slow client", "aiohttp.server", "warning")
    assert second["exception"][0]["exc_type"] == "KeyError"


def test_configuring_twice_does_not_double_the_lines() -> None:
    stream = io.StringIO()
    logs.configure("json", "info", io.StringIO())
    logs.configure("json", "info", stream)
    logging.getLogger("lib").warning("once")
    assert len(lines(stream)) == 1


@pytest.mark.parametrize(
    "value",
    [{1, 2}, "\ud800", 2**80, object(), {"a": {2**90}}, {("a",): 1}],
    ids=["set", "surrogate", "big", "object", "nested", "tuple-key"],
)
def test_no_value_can_break_a_line(value: Any) -> None:
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    logs.get_logger("x").info("Odd", value=value)
    assert lines(stream)[0]["event"] == "Odd"


def test_a_value_that_refers_to_itself_does_not_break_a_line() -> None:
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    loop: dict[str, Any] = {}
    loop["loop"] = loop
    logs.get_logger("x").info("Odd", value=loop)
    assert lines(stream)[0]["event"] == "Odd"


def test_a_broken_stream_harms_nobody() -> None:
    class Broken(io.StringIO):
        def write(self, _: str) -> NoReturn:
            raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

    logs.configure("json", "info", Broken())
    logs.get_logger("x").info("lost")
    logging.getLogger("lib").warning("lost")


def test_a_stream_that_cannot_show_a_character_shows_an_escape() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    logs.configure("console", "info", stream)
    logs.get_logger("x").info("Grüße")
    assert b"Gr\\xfc\\xdfe" in raw.getvalue()


@pytest.mark.parametrize(("log_format", "level"), [("xml", "info"), ("json", "loud")])
def test_unknown_settings_are_usage_errors(log_format: str, level: str) -> None:
    with pytest.raises(UsageError, match="unknown log"):
        logs.configure(cast("Any", log_format), level)


def test_a_contextvar_bound_for_structlog_is_on_every_line() -> None:
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    with structlog.contextvars.bound_contextvars(reconcile_id="abc"):
        logs.get_logger("x").info("one")
        logging.getLogger("lib").warning("two")
    assert [line["reconcile_id"] for line in lines(stream)] == ["abc", "abc"]


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize(
    ("stack", "shown"),
    [("plugin.py:7\nplugin.py:3", "plugin.py:7"), (["plugin.py:7"], "plugin.py:7"), (None, ""), ({}, "")],
)
def test_a_key_named_stack_may_be_anything(log_format: Literal["console", "json"], stack: object, shown: str) -> None:
    stream = io.StringIO()
    logs.configure(log_format, stream=stream)
    logs.get_logger("test").warning("Blamed", stack=stack)
    assert "Blamed" in stream.getvalue()
    assert shown in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_tracebacks_show_no_local_variables(log_format: Literal["json", "console"]) -> None:
    def fails(held: str) -> None:
        raise KeyError(len(held))

    stream = io.StringIO()
    logs.configure(log_format, "debug", stream)
    try:
        fails("MARKER")
    except KeyError:
        logs.get_logger("ours").exception("structlog")
        logging.getLogger("theirs").exception("logging")
    assert "fails" in stream.getvalue()
    assert stream.getvalue().count("KeyError") >= 2
    assert "MARKER" not in stream.getvalue().replace('fails("MARKER")', "")


def test_answers_that_the_library_of_typed_models_logs_are_dropped() -> None:
    stream = io.StringIO()
    logs.configure("json", "debug", stream)
    logging.getLogger("kubernetes_asyncio.client.rest").debug("response body: %s", "MARKER")
    assert stream.getvalue() == ""
