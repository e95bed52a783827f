"""Python in the docs works as printed: plugins pass the loader, tests pass pytest.

A block that cannot run alone has ``<!-- not run: REASON -->`` on the line before it; that one is compiled all the same.
"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

ROOT = Path(__file__).parents[3]
PAGES = ("README.md", "docs/testing-plugins.md", "docs/writing-plugins.md")
BLOCK = re.compile(r"^(?P<mark><!-- not run: [^\n]+ -->\n)?```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of Python in a page; ``line`` is that of its first line of code."""

    page: str
    line: int
    code: str
    runs: bool

    @property
    def is_test(self) -> bool:
        return re.search(r"^(async )?def test_", self.code, re.MULTILINE) is not None

    @property
    def module(self) -> str:
        return f"{Path(self.page).stem.replace('-', '_').lower()}_line_{self.line}"


def blocks_of(page: str, text: str) -> list[Block]:
    found = BLOCK.finditer(text)
    return [
        Block(page, text.count("\n", 0, each.start("code")) + 1, each["code"], each["mark"] is None) for each in found
    ]


BLOCKS = [block for page in PAGES for block in blocks_of(page, (ROOT / page).read_text())]
PLUGINS = [block for block in BLOCKS if block.runs and not block.is_test]
TESTS = [block for block in BLOCKS if block.runs and block.is_test]


def validated(folder: Path, blocks: list[Block]) -> dict[str, str]:
    """Load blocks as plugins of one directory; return what is said of each."""
    for block in blocks:
        (folder / f"{block.module}.py").write_text(block.code)
    command = [sys.executable, "-m", "plugin_operator", "validate", "."]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    lines = [line for line in (ended.stdout + ended.stderr).splitlines() if line]
    return {block.module: "\n".join(line for line in lines if f"{block.module}.py" in line) for block in blocks}


def run_tests(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    command += ["-p", "plugin_operator.testing.pytest_plugin", *options, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return validated(tmp_path_factory.mktemp("blocks"), PLUGINS)


def test_every_page_has_blocks_that_run() -> None:
    assert {block.page for block in (*PLUGINS, *TESTS)} == set(PAGES)
    opened = sum((ROOT / page).read_text().count("```python") for page in PAGES)
    assert len(BLOCKS) == opened


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.module)
def test_a_block_compiles(block: Block) -> None:
    compile(block.code, f"{block.page}:{block.line}", "exec")


@pytest.mark.parametrize("block", PLUGINS, ids=lambda block: block.module)
def test_a_plugin_in_a_page_loads(block: Block, verdicts: dict[str, str]) -> None:
    assert verdicts[block.module].startswith(f"./{block.module}.py: ok ("), f"{block.page}:{block.line}"


def test_the_tests_in_the_pages_pass_without_any_configuration(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "plugins", tmp_path / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    for block in TESTS:
        (tmp_path / f"test_{block.module}.py").write_text(block.code)
    ended = run_tests(tmp_path)
    assert re.search(rf"^{len(TESTS)} passed in", ended.stdout, re.MULTILINE), ended.stdout + ended.stderr


def test_a_block_that_does_not_load_is_told(tmp_path: Path) -> None:
    (bad,) = blocks_of("docs/page.md", "text\n\n```python\nfrom plugin_operator import controler\n```\n")
    assert (bad.line, bad.runs) == (4, True)
    assert "controler" in validated(tmp_path, [bad])["page_line_4"]
    (marked,) = blocks_of("docs/page.md", "<!-- not run: needs more -->\n```python\nawait x\n```\n")
    assert not marked.runs
