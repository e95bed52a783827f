"""A scenario on a machine whose parser takes longer than a scan of an operator waits."""

import sys
from pathlib import Path

import pytest

from plugin_operator.testing import scenario

PLUGIN = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def slow(ctx, request): ...
"""


async def test_a_plugin_is_loaded_however_long_its_parsing_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["plugin_operator.app.build"], "_PARSE_SECONDS", 0.0)
    (tmp_path / "slow.py").write_text(PLUGIN)
    async with scenario(tmp_path / "slow.py") as s:
        assert [each.state for each in s.plugins] == ["Active"]
