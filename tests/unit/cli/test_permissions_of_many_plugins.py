"""The work of rbac grows with the number of plugins, not with its square."""

from pathlib import Path

import pytest

from plugin_operator.cli.permissions.plugin_needs import Sources, needs_for
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.snapshot import Snapshot

PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap", name="{name}")
async def reconcile(ctx, request): ...
"""


def test_a_directory_is_read_no_more_often_for_more_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scans: list[Scanner] = []
    scan = Scanner.scan

    def counted(self: Scanner) -> Snapshot:
        scans.append(self)
        return scan(self)

    monkeypatch.setattr(Scanner, "scan", counted)
    counts = []
    for names in ("a", "bcde"):
        for name in names:
            (tmp_path / f"{name}_plugin.py").write_text(PLUGIN.format(name=name))
        found = needs_for(Sources((tmp_path,), operator_namespace="operators", timeout_seconds=30))
        assert found.mistakes == []
        counts.append(len(scans))
        scans.clear()
    assert counts[0] == counts[1]
