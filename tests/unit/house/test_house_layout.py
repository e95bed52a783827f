"""The shape of the tree that everything else relies on."""

import operator
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_source_root_does_not_shadow_the_operator_module_of_the_standard_library() -> None:
    assert not (ROOT / "operator" / "__init__.py").exists()
    assert Path(operator.__file__).is_relative_to(sysconfig.get_path("stdlib"))


def test_the_standard_library_wins_even_from_the_top_of_the_checkout() -> None:
    code = "import operator, sys; sys.exit(not hasattr(operator, 'itemgetter'))"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_top_level_has_the_fixed_names_alone() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = {line.partition("/")[0] for line in listed.splitlines()}
    files = {"pyproject.toml", "Dockerfile", "Makefile", "README.md", "LICENSE", ".gitignore", ".dockerignore"}
    folders = {"operator", "plugins", "manifests", "tests", "docs", "bench", "requirements", ".ci"}
    assert names == files | folders


def test_tests_and_plugins_are_not_packages() -> None:
    assert not (ROOT / "tests" / "__init__.py").exists()
    assert not (ROOT / "plugins" / "__init__.py").exists()


def test_the_licence_is_the_full_apache_text_and_the_package_says_so() -> None:
    text = (ROOT / "LICENSE").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert project["license"] == "Apache-2.0"


def test_the_gate_runs_the_tests_before_anything_else() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    steps = re.findall(r'^\s*step \d+ "([^"]+)"', script, re.MULTILINE)

    assert steps[:2] == ["make test", "make check"]
    assert subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=False).returncode == 0
