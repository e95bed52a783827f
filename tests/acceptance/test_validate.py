"""``validate``: every way a plugin can be wrong, with file, line and reason, and status 1."""

from pathlib import Path

import pytest

from tests.acceptance.conftest import Run

GOOD = (
    "from plugin_operator import controller\n\n@controller(for_='v1/ConfigMap')\nasync def {name}(ctx, request): ...\n"
)

BAD = {
    "syntax": ("def x(:\n", "syntax.py:1: SyntaxError"),
    "idle": ("x = 1\n", "declares no controller: decorate a function"),
    "raises": ("import os\n\nraise RuntimeError('boom')\n", "raises.py:3: RuntimeError: boom"),
    "leaves": ("import sys\nsys.exit(3)\n", "ends the process at import: sys.exit(3)"),
    "hangs": ("while True: pass\n", "its import did not end within 1 s"),
    "kills": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "kills.py"),
    "needs": ("import no_such_module\n", "no_such_module"),
    "unkind": (GOOD.format(name="unkind").replace("v1/ConfigMap", "ConfigMap of v1"), "unkind.py:"),
}


def test_a_good_plugin_is_told_with_its_controllers(run: Run, plugins: Path) -> None:
    (plugins / "good.py").write_text(GOOD.format(name="good"))
    ended = run("validate", plugins / "good.py")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"{plugins}/good.py: ok (good for v1/ConfigMap)\n"


@pytest.mark.parametrize("name", BAD)
def test_a_bad_plugin_is_told_with_file_and_reason(run: Run, plugins: Path, name: str) -> None:
    text, words = BAD[name]
    (plugins / f"{name}.py").write_text(text)
    ended = run("validate", "--validate-timeout", "1s", plugins / f"{name}.py")
    assert ended.returncode == 1
    assert words in ended.stderr
    assert str(plugins) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_in_a_directory_good_and_bad_are_told_side_by_side(run: Run, plugins: Path) -> None:
    (plugins / "good.py").write_text("import helper\n" + GOOD.format(name="good"))
    (plugins / "helper.py").write_text("x = 1\n")
    (plugins / "bad.py").write_text("1/0\n")
    (plugins / "folder.py").mkdir()
    (plugins / "twice").mkdir()
    (plugins / "twice" / "__init__.py").write_text(GOOD.format(name="twice"))
    (plugins / "twice.py").write_text(GOOD.format(name="twice"))
    with (plugins / "huge.py").open("wb") as huge:
        huge.truncate(100 * 1024 * 1024)
    ended = run("validate", plugins)
    assert ended.returncode == 1
    assert "good.py: ok" in ended.stdout
    assert "helper" not in ended.stdout + ended.stderr
    for words in (
        "bad.py:1: ZeroDivisionError",
        "folder.py: is a directory: rename it",
        "has the same name as the folder",
    ):
        assert words in ended.stderr
    assert "huge.py: has 104,857,600 bytes: a file may have at most" in ended.stderr


def test_an_empty_directory_is_no_success(run: Run, plugins: Path) -> None:
    ended = run("validate", plugins)
    assert ended.returncode == 1
    assert "is an empty directory" in ended.stderr


def test_a_file_that_cannot_be_a_plugin_is_told_why(run: Run, plugins: Path) -> None:
    (plugins / "notes.txt").touch()
    ended = run("validate", plugins / "notes.txt")
    assert ended.returncode == 1
    assert "its name must end in .py" in ended.stderr


NEEDY = "# /// script\n# dependencies = ['no-such-distribution']\n# ///\nimport no_such_distribution\n"


def test_a_plugin_whose_requirement_an_image_has_may_be_compiled_only(run: Run, plugins: Path) -> None:
    (plugins / "needy.py").write_text(NEEDY + GOOD.format(name="needy"))
    assert run("validate", plugins).returncode == 1
    ended = run("validate", "--allow-missing-requirements", plugins)
    assert ended.returncode == 0, ended.stderr
    assert "needy.py: compiled, not imported: needs 'no-such-distribution'" in ended.stdout


def test_a_syntax_error_of_a_plugin_that_is_compiled_only_is_told(run: Run, plugins: Path) -> None:
    (plugins / "needy.py").write_text(NEEDY + "def x(:\n")
    ended = run("validate", "--allow-missing-requirements", plugins)
    assert ended.returncode == 1
    assert "needy.py:5: SyntaxError" in ended.stderr


@pytest.mark.parametrize("as_files", [False, True], ids=["the folder", "its files"])
def test_two_files_with_one_controller_name_are_told(run: Run, plugins: Path, as_files: bool) -> None:
    for name in ("one", "two"):
        (plugins / f"{name}.py").write_text(GOOD.format(name="same"))
    ended = run("validate", *([plugins / "one.py", plugins / "two.py"] if as_files else [plugins]))
    assert ended.returncode == 1
    assert f"{plugins}/two.py:3: name: 'same' is the name of the controller in {plugins}/one.py:3" in ended.stderr
    assert "id:" not in ended.stderr


def test_a_declared_id_that_is_another_controllers_name_is_told(run: Run, plugins: Path) -> None:
    (plugins / "one.py").write_text(GOOD.format(name="same"))
    (plugins / "two.py").write_text(GOOD.format(name="other").replace("ConfigMap'", "ConfigMap', id='same'"))
    ended = run("validate", plugins)
    assert ended.returncode == 1
    assert f"{plugins}/two.py:3: id: 'same' is the id of the controller in {plugins}/one.py:3" in ended.stderr
