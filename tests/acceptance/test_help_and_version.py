"""Help answers at once, because it imports next to nothing."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

DEAR = ("kubernetes_asyncio", "aiohttp", "asyncio", "prometheus_client", "rich", "structlog", "watchfiles")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["sandbox", "--help"], ["apiserver", "-h"], ["status", "--help"]]
)
def test_help_imports_nothing_dear(environment: dict[str, str], arguments: list[str]) -> None:
    code = (
        "import sys\nfrom plugin_operator.cli import group\n"
        f"try: group.group.main({arguments!r}, prog_name='plugin-operator')\n"
        f"finally: print('dear:', sorted(set({DEAR!r}) & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "dear: []" in ended.stdout, ended.stdout + ended.stderr


def test_help_answers_within_three_tenths_of_a_second(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "plugin_operator", "--help"]
    took = []
    for _ in range(5):
        before = time.perf_counter()
        subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, check=True, timeout=60)
        took.append(time.perf_counter() - before)
    assert min(took) < 0.3


def test_version_names_operator_and_python(run: Any) -> None:
    ended = run("version")
    assert ended.returncode == 0
    assert ended.stdout.startswith("plugin-operator 0.")
    assert "(Python 3." in ended.stdout
