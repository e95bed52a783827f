"""Rendering foreign values never raises, ends nothing and says who is to blame."""

import json
import logging
import sys
from io import StringIO
from typing import Any

import pytest

from plugin_operator import logs, rendering
from tests.hostile import RAISES, caught


@pytest.fixture
def stream() -> Any:
    stream = StringIO()
    logs.configure("json", "debug", stream)
    return stream


class Hostile:
    """A value that ends the process when it is shown."""

    def __repr__(self) -> str:
        sys.exit(0)

    __str__ = __repr__
    __format__ = __repr__  # type: ignore[assignment]


@pytest.mark.parametrize("name", RAISES)
def test_every_exception_has_a_description_of_bounded_length(name: str) -> None:
    error = caught(RAISES[name])
    text = rendering.describe(error)
    assert 0 < len(text) <= rendering.MAX_CHARACTERS
    assert text.startswith(rendering.class_name(error))
    assert rendering.stack_of(error)


def test_a_value_whose_repr_exits_is_named_by_its_type() -> None:
    assert rendering.safe_repr(Hostile()) == "<Hostile: its __repr__ raised SystemExit>"
    assert rendering.safe_text(Hostile()) == "<Hostile: its __str__ raised SystemExit>"


def test_a_subclass_of_str_is_rendered_as_the_text_it_holds() -> None:
    class Odd(str):
        __slots__ = ()

        def __str__(self) -> str:
            return self

        def encode(self, *_: Any) -> bytes:
            raise SystemExit(0)

    for render in (rendering.safe_text, rendering.valid_unicode):
        assert type(render(Odd("text"))) is str


def test_lone_surrogates_are_escaped_so_that_the_text_can_be_sent() -> None:
    assert rendering.valid_unicode("a\ud800b") == "a\\ud800b"


@pytest.mark.parametrize("name", RAISES)
def test_a_log_line_about_any_exception_is_written(name: str, stream: StringIO) -> None:
    logs.get_logger("test").error("It failed", plugin="one", exc_info=caught(RAISES[name]))
    line = json.loads(stream.getvalue().splitlines()[0])
    assert (line["event"], line["plugin"]) == ("It failed", "one")


def test_a_log_line_with_a_hostile_value_is_written_with_its_other_fields(stream: StringIO) -> None:
    logs.get_logger("test").info("Seen", plugin="one", value=Hostile())
    assert json.loads(stream.getvalue())["value"] == "<Hostile: its __repr__ raised SystemExit>"


def test_a_hostile_argument_of_a_format_string_costs_the_argument_only(stream: StringIO) -> None:
    logs.get_logger("test").info("Seen %s", Hostile())
    assert "Seen %s" in json.loads(stream.getvalue())["event"]


@pytest.mark.parametrize(("text", "args"), [("Seen %s", ("it",)), ("Seen %(what)s", ({"what": "it"},))])
def test_arguments_of_a_format_string_are_formatted_as_ever(stream: StringIO, text: str, args: tuple[Any]) -> None:
    logs.get_logger("test").info(text, *args)
    assert json.loads(stream.getvalue())["event"] == "Seen it"


CHAINS: dict[str, str] = {
    "a cycle of causes": "a, b = ValueError('a'), ValueError('b'); a.__cause__, b.__cause__ = b, a; raise a",
    "a long chain": "e = ValueError()\nfor _ in range(20_000): n = ValueError(); n.__cause__ = e; e = n\nraise e",
    "nested groups": "e = ValueError()\nfor _ in range(2_000): e = ExceptionGroup('g', [e])\nraise e",
    "a wide group": "raise ExceptionGroup('g', [ValueError('x' * 1_000) for _ in range(2_000)])",
    "frames": (
        "import sys; sys.setrecursionlimit(30_000)\n"
        "def f(n): g(n - 1) if n else 1 / 0\n"
        "def g(n): f(n - 1) if n else 1 / 0\n"
        "try: f(20_000)\n"
        "finally: sys.setrecursionlimit(1_000)"
    ),
    "a class's name": "raise type('E' * 1_000_000, (Exception,), {})('x')",
    "notes": "e = ValueError(); e.__notes__ = ['x' * 1_000] * 2_000; raise e",
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_line_about_an_endless_exception_is_bounded_and_keeps_its_fields(name: str, stream: StringIO) -> None:
    logs.get_logger("test").error("It failed", plugin="one", exc_info=caught(CHAINS[name]))
    (line,) = stream.getvalue().splitlines()
    assert len(line) <= 256 * 1024
    assert json.loads(line)["plugin"] == "one"


@pytest.mark.parametrize("name", CHAINS)
def test_an_endless_exception_is_told_from_an_ordinary_one(name: str) -> None:
    assert rendering.is_endless(caught(CHAINS[name]))


@pytest.mark.parametrize("name", CHAINS)
def test_what_is_said_of_an_endless_exception_is_short_and_asks_for_few_frames(name: str) -> None:
    asked: list[str] = []
    error = caught(CHAINS[name])
    assert len(rendering.describe(error)) <= rendering.MAX_CHARACTERS
    assert len(rendering.qualified_class_name(error)) <= rendering.MAX_CHARACTERS
    rendering.places_of(error, asked.append)
    assert len(asked) <= 10_000


def test_an_exception_with_causes_notes_and_members_is_not_endless() -> None:
    error = caught("raise ExceptionGroup('two', [ValueError(), TypeError()]) from KeyError('x')")
    error.add_note("where it happened")
    assert not rendering.is_endless(error)


def test_the_standard_library_logs_a_hostile_argument_and_goes_on(stream: StringIO) -> None:
    root = logging.getLogger()
    # Without those of pytest, which render for themselves.
    root.handlers[:] = [each for each in root.handlers if type(each).__module__ == logs.__name__]
    logging.getLogger("theirs").error("Seen %s", Hostile())
    logging.getLogger("theirs").error("Next")
    first, second = stream.getvalue().splitlines()
    assert json.loads(first)["event"] == "Seen %s"
    assert json.loads(second)["event"] == "Next"
