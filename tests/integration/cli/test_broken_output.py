"""Commands whose standard output or standard error takes nothing: a full disk, no reader, a closed descriptor."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = """\
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def one(ctx, request):
    await ctx.client.get("v1/Secret", request)
"""
LINES = {
    "help": "--help",
    "help of a command": "rbac --help",
    "version": "--version",
    "version as JSON": "version -o json",
    "script": "completion bash",
    "check": "check one.py",
    "check as YAML": "check one.py -o yaml",
    "validate": "validate one.py",
    "rbac": "rbac one.py",
    "rbac as a table": "rbac one.py -o table",
    "manifests": "manifests one.py",
}


def run(line: str, folder: Path, redirection: str) -> subprocess.CompletedProcess[bytes]:
    (folder / "one.py").write_text(PLUGIN)
    program = f"{sys.executable} -m plugin_operator {line} {redirection}"
    return subprocess.run(["bash", "-c", program], cwd=folder, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("case", LINES)
def test_a_full_disk_is_one_line_and_status_1(case: str, tmp_path: Path) -> None:
    ended = run(LINES[case], tmp_path, "> /dev/full")
    expected = b"Error: standard output cannot be written: No space left on device\n"
    assert (ended.returncode, ended.stderr) == (1, expected)


@pytest.mark.parametrize("case", ["help", "version as JSON", "rbac as a table"])
def test_a_reader_that_has_ended_is_status_1_without_a_line(case: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        (tmp_path / "one.py").write_text(PLUGIN)
        command = [sys.executable, "-m", "plugin_operator", *LINES[case].split()]
        ended = subprocess.run(command, cwd=tmp_path, stdout=gone, stderr=subprocess.PIPE, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (1, b"")


@pytest.mark.parametrize("case", ["help", "rbac as a table"])
def test_a_closed_output_is_as_if_it_were_the_null_device(case: str, tmp_path: Path) -> None:
    ended = run(LINES[case], tmp_path, ">&-")
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize("redirection", ["2> /dev/full", "2>&-", "<&- 2>&-"])
def test_messages_that_cannot_be_written_do_not_change_the_result(redirection: str, tmp_path: Path) -> None:
    ended = run("rbac one.py missing.py", tmp_path, redirection)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, b"", b"")
    ended = run("rbac one.py", tmp_path, redirection)
    assert (ended.returncode, b"kind: ClusterRoleBinding" in ended.stdout) == (0, True)


def test_a_script_of_completion_on_a_full_disk_is_no_traceback(tmp_path: Path) -> None:
    code = "from plugin_operator.cli import kubectl_complete; kubectl_complete()"
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-c", code, "ch"], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert (ended.returncode, ended.stderr) == (1, b"")
