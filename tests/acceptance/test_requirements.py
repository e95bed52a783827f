"""``requirements``: what an image needs, in the form pip reads."""

import subprocess
import sys
from pathlib import Path

from tests.acceptance.conftest import Run

PLUGIN = (
    "from plugin_operator import controller\n\n@controller(for_='v1/ConfigMap')\nasync def {name}(ctx, request): ...\n"
)


def write(folder: Path, name: str, *requirements: str, text: str = "") -> Path:
    lines = ["# /// script", "# dependencies = [", *(f"#   '{each}'," for each in requirements), "# ]", "# ///", ""]
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + (text or PLUGIN.format(name=path.stem.strip("_"))))
    return path


def test_the_union_of_a_directory_is_printed_sorted_and_pip_takes_it(run: Run, plugins: Path, tmp_path: Path) -> None:
    write(plugins, "one.py", "structlog>=25", "aiohttp", text="import helper\n" + PLUGIN.format(name="one"))
    write(plugins, "helper.py", "msgspec")
    write(plugins, "two/__init__.py", "Structlog<99", 'no-such-thing; python_version < "3"')
    ended = run("requirements", plugins)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "aiohttp  # via one.py",
        "msgspec  # via helper.py",
        'no-such-thing ; python_version < "3"  # via two/__init__.py',
        "structlog<99,>=25  # via one.py, two/__init__.py",
    ]
    (tmp_path / "requirements.txt").write_text(ended.stdout)
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-index", "--dry-run"]
    installed = subprocess.run(
        [*pip, "-r", tmp_path / "requirements.txt"], capture_output=True, text=True, check=False, timeout=60
    )
    assert installed.returncode == 0, installed.stderr
    assert "Would install" not in installed.stdout


def test_one_plugin_is_read_with_its_helpers_and_nothing_is_run(run: Run, plugins: Path) -> None:
    one = write(plugins, "one.py", "aaa>=1", text="import helper\nopen('ran', 'w')\n")
    write(plugins, "helper.py", "bbb")
    write(plugins, "two.py", "ccc")
    ended = run("requirements", one)
    assert ended.stdout.splitlines() == ["aaa>=1  # via one.py", "bbb  # via helper.py"]
    assert not list(plugins.parent.rglob("ran"))


def test_the_directory_of_the_environment_is_the_default_and_plugins_here_after_it(run: Run, plugins: Path) -> None:
    write(plugins, "one.py", "aaa")
    other = write(plugins.parent / "other", "two.py", "bbb").parent
    assert run("requirements").stdout == "aaa  # via one.py\n"
    assert run("requirements", PLUGIN_OPERATOR_PLUGINS_DIR=str(other)).stdout == "bbb  # via two.py\n"


def test_conflicts_and_malformed_blocks_are_told_with_status_1(run: Run, plugins: Path) -> None:
    write(plugins, "one.py", "thing==1")
    write(plugins, "two.py", "thing>=2")
    (plugins / "three.py").write_text("# /// script\n# dependencies = [\n# ///\n")
    (plugins / "json.py").write_text("")
    ended = run("requirements", plugins)
    assert ended.returncode == 1
    assert ended.stdout == "thing==1,>=2  # via one.py, two.py\n"
    assert f"{plugins}/three.py:" in ended.stderr
    assert "is not TOML" in ended.stderr
    assert f"{plugins}/json.py: would hide the standard library" in ended.stderr
    assert f"{plugins}/one.py:3 wants 'thing==1', {plugins}/two.py:3 wants 'thing>=2'" in ended.stderr


def test_an_empty_directory_and_a_missing_one_are_no_success(run: Run, plugins: Path) -> None:
    assert run("requirements", plugins).returncode == 1
    assert run("requirements", plugins / "none").returncode == 2
    plugins.rmdir()
    assert "no directory ./plugins" in run("requirements").stderr


def test_validate_refuses_a_plugin_whose_requirement_is_missing(run: Run, plugins: Path) -> None:
    one = write(plugins, "one.py", "no-such-thing>=1")
    ended = run("validate", one)
    assert ended.returncode == 1
    assert f"{one}:3: needs 'no-such-thing>=1', which is not installed; install it where" in ended.stderr
