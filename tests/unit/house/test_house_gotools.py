"""The Go programs of the tests: each is pinned, and found only where its own inputs made it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.gotool import BUILD
from tests.gotools import build

NAMES = sorted(build.PROGRAMS)


@pytest.mark.parametrize("name", NAMES)
def test_a_program_has_a_version_that_its_module_files_pin(name: str) -> None:
    program = build.PROGRAMS[name]
    version = build.required(program, program.module)

    assert f"{program.module} {version} h1:" in (program.folder / "go.sum").read_text()
    assert "{" not in " ".join(build.command(program))


def test_another_version_or_another_command_is_another_program_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helm = build.PROGRAMS["helm4"]
    for name in ("go.mod", "go.sum"):
        (tmp_path / name).write_bytes((helm.folder / name).read_bytes())
    paths = [build.cached_path("helm4")]
    monkeypatch.setitem(build.PROGRAMS, "helm4", build.Program(tmp_path, helm.package, helm.module, helm.stamps))
    assert build.cached_path("helm4") == paths[0]

    with (tmp_path / "go.sum").open("a") as file:
        file.write("another line\n")
    paths.append(build.cached_path("helm4"))
    monkeypatch.setitem(build.PROGRAMS, "helm4", build.Program(tmp_path, helm.package, helm.module))
    paths.append(build.cached_path("helm4"))

    assert len(set(paths)) == 3


def test_nothing_is_built_where_only_the_cache_may_be_asked(tmp_path: Path) -> None:
    command = [sys.executable, str(BUILD), "helm4", "--cached"]
    ended = subprocess.run(
        command, env={"XDG_CACHE_HOME": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=30
    )

    assert (ended.returncode, ended.stdout, list(tmp_path.iterdir())) == (build.ABSENT, "", [])
