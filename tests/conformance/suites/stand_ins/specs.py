"""A plugin of pytest that runs the specs named in ``SPECS_CHOSEN`` and writes how they ended to ``SPECS_REPORT``.

The name of a spec is its node ID. Without ``SPECS_CHOSEN``, every spec runs.
"""

import json
import os
from pathlib import Path

import pytest

_ENDS: dict[str, tuple[str, str]] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not chosen."""
    if "SPECS_CHOSEN" not in os.environ:
        return
    chosen = set(Path(os.environ["SPECS_CHOSEN"]).read_text().splitlines())
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in chosen])
    items[:] = [item for item in items if item.nodeid in chosen]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the worst of set-up, call and tear-down; a spec that is expected to fail is skipped."""
    state, _ = _ENDS.get(report.nodeid, ("", ""))
    if report.failed or state in {"", "passed"}:
        _ENDS[report.nodeid] = (report.outcome, report.longreprtext if report.failed else "")


def pytest_sessionfinish() -> None:
    """Write the report."""
    Path(os.environ["SPECS_REPORT"]).write_text(json.dumps(_ENDS))
