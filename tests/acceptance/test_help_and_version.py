"""Help answers at once, because it imports next to nothing."""

import subprocess
import sys

import pytest

from tests.acceptance.conftest import Run

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


@pytest.mark.parametrize("argument", ["version", "--version"])
def test_version_names_operator_and_python(run: Run, argument: str) -> None:
    ended = run(argument)
    assert ended.returncode == 0
    assert ended.stdout.startswith("plugin-operator 0.")
    assert "(Python 3." in ended.stdout
