"""pytest plugin that records the API calls of plugins in a test run: the option ``--plugin-operator-calls FILE``.

Owns the option, and the way of calls from the workers of pytest-xdist to the file. pytest imports this module in every
run of every project in the environment, so it imports the operator only at the end of a run that records.
"""

import sys
from pathlib import Path
from typing import Any

import pytest

_RECORDING = "plugin_operator.testing.permissions.call_recording"
_OPTION = "--plugin-operator-calls"
_OUTPUT = "plugin_operator_calls"
_WRITES_AFTER = frozenset({pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED})


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("plugin-operator").addoption(
        _OPTION,
        metavar="FILE",
        help="Write the API calls that plugins made in this run to FILE, for 'plugin-operator rbac --calls FILE'.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Check the folder of the file before the first test runs.

    Raises:
        pytest.UsageError: the folder does not exist.
    """
    path = _path(config)
    if path is not None and not path.parent.is_dir():
        raise pytest.UsageError(f"{_OPTION}: there is no folder {path.parent}: create it, or name another file")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take the calls of a worker of pytest-xdist that has ended; one that crashed has none."""
    del error
    text = getattr(node, "workeroutput", {}).get(_OUTPUT)
    if text:
        from plugin_operator.testing.permissions.call_recording import RECORDING

        RECORDING.merge(text)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the file, or hand the calls of a worker over. A run that broke off leaves the file as it is."""
    path = _path(session.config)
    if path is None:
        return
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output[_OUTPUT] = sys.modules[_RECORDING].RECORDING.as_json() if _RECORDING in sys.modules else ""
    elif exitstatus in _WRITES_AFTER:
        from plugin_operator.testing.permissions.call_recording import RECORDING

        RECORDING.write(path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Say what was written."""
    path = _path(config)
    if path is not None and exitstatus in _WRITES_AFTER:
        count = len(sys.modules[_RECORDING].RECORDING)
        terminalreporter.write_line(f"{count} calls of plugins are in {path}")


def _path(config: pytest.Config) -> Path | None:
    given = config.getoption(_OPTION)
    return config.invocation_params.dir / given if given else None
