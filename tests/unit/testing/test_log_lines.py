"""Log lines in the output of tests: what is shown, and how."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from plugin_operator import logs
from plugin_operator.errors import UsageError
from plugin_operator.testing.reports.log_lines import naming_originals, set_up
from plugin_operator.testing.reports.tracebacks import cut, is_developed_in


@pytest.fixture(autouse=True)
def _unconfigured(tmp_path: Path) -> Iterator[None]:
    structlog.reset_defaults()
    with naming_originals(tmp_path / "plugins", str):  # lines that a test has shown are shown again in the next one
        yield
    structlog.reset_defaults()


def test_lines_of_plugins_and_trouble_of_the_operator_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    set_up()
    logs.owned_logger("plugin", controller="a", reconcile_id="1").info("Seen", colour="blue")
    structlog.get_logger().debug("Of the author")
    own = logs.get_logger("plugin_operator.app")
    own.debug("Starting")
    own.info("Connected")
    own.warning("Informer is waiting", revision="1-abc")
    assert capsys.readouterr().out.splitlines() == [
        "[info] Seen colour=blue controller=a",
        "[debug] Of the author",
        "[warning] Informer is waiting",
    ]


def test_the_same_line_of_the_operator_is_shown_once_in_a_test(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    set_up()
    for _ in range(2):
        with naming_originals(tmp_path, str):
            for _ in range(3):
                logs.get_logger("x").error("Reconciler error", reconcile_id="changes")
                logs.owned_logger("plugin").info("Seen")
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["[error] Reconciler error", *["[info] Seen"] * 3] * 2


def test_a_traceback_has_no_local_variables_and_no_frames_of_the_operator(capsys: pytest.CaptureFixture[str]) -> None:
    set_up()
    password = "hunter2"
    try:
        logs.configure(level=password[:0] + "loud")
    except UsageError:
        logs.get_logger("x").exception("Failed")
    out = capsys.readouterr().out
    assert out.startswith("[error] Failed\nTraceback (most recent call last):\n")
    assert out.count("  File ") == 1
    assert __file__ in out
    assert "hunter2" not in out.replace('password = "hunter2"', "")


def test_an_error_of_the_operator_alone_keeps_its_frames(capsys: pytest.CaptureFixture[str]) -> None:
    set_up()
    code = compile("raise ValueError('inside')", logs.__file__, "exec")
    try:
        exec(code)
    except ValueError as error:
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        logs.get_logger("x").error("Failed", exc_info=error)
    assert f'File "{logs.__file__}", line 1' in capsys.readouterr().out


def test_a_set_up_of_the_test_process_stays(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", stream=sys.stdout)
    set_up()
    logs.get_logger("x").info("Connected")
    assert '"event":"Connected"' in capsys.readouterr().out


def test_a_cause_from_the_inside_is_not_shown_and_one_of_the_author_is() -> None:
    def fail() -> None:
        try:
            exec(compile("raise KeyError('inside')", logs.__file__, "exec"))
        except KeyError as error:
            error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
            raise ValueError("outside") from error

    with pytest.raises(ValueError, match="outside") as found:
        fail()
    cut(found.value)
    assert found.value.__cause__ is None
    assert found.value.__suppress_context__
    with pytest.raises(ValueError, match="outside") as caught:
        raise ValueError("outside") from TypeError("never raised")
    cut(caught.value)
    assert isinstance(caught.value.__cause__, TypeError)


def test_developers_of_the_operator_see_all_frames(pytestconfig: pytest.Config) -> None:
    assert is_developed_in(pytestconfig.rootpath)
