"""The pages of the documentation and the code blocks in them.

Owns how blocks are found. Each language belongs to one test module, which executes its blocks or compares them with
what they describe; a block that no module can execute is in that module's list, with the reason.
"""

from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
PAGES = tuple(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *sorted(ROOT.glob("docs/**/*.md"))])

#: The test module that asks for the blocks of a language with ``blocks_in(LANGUAGE)``.
HELD_BY = {
    "python": "tests/integration/testing/test_code_in_docs.py",
    "console": "tests/acceptance/docs/test_commands_in_docs.py",
    "dockerfile": "tests/acceptance/docs/test_dockerfiles_in_docs.py",
    "go": "tests/conformance/test_go_in_docs.py",
    "yaml": "tests/acceptance/docs/test_yaml_in_docs.py",
    "bash": "tests/helm/test_helm_docs.py",
    "sh": "tests/unit/docs/test_runbooks.py",
    "py": "tests/unit/docs/test_reference.py",
    "text": "tests/unit/house/test_house_blocks.py",
}

#: Pages whose commands another test module types, because they need kube-apiserver.
COMMANDS_HELD_BY = {"docs/from-pip-to-cluster.md": "tests/conformance/test_from_pip_to_cluster.py"}


@dataclass(frozen=True, slots=True)
class Block:
    """A code block; ``line`` is the number of its first line of code, ``language`` is "" if none is named."""

    page: str
    line: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def module(self) -> str:
        """A name for a module with this code."""
        return f"{Path(self.page).stem.replace('-', '_').lower()}_line_{self.line}"


def blocks_of(page: str, text: str) -> list[Block]:
    """Find every block of a page as CommonMark reads it: with fences of any kind, in lists and quotes, or indented."""
    tokens = [token for token in MarkdownIt().parse(text) if token.type in {"fence", "code_block"}]
    return [
        Block(page, (token.map or [0])[0] + (2 if token.type == "fence" else 1), token.info.strip(), token.content)
        for token in tokens
    ]


BLOCKS = tuple(block for page in PAGES for block in blocks_of(page, (ROOT / page).read_text()))


def blocks_in(language: str) -> list[Block]:
    """Every block of a language, in the order of the pages."""
    return [block for block in BLOCKS if block.language == language]


def block_with(page: str, words: str) -> Block:
    """The one block of ``page`` that has ``words``."""
    found = [block for block in BLOCKS if block.page == page and words in block.code]
    assert len(found) == 1, f"{page} has {len(found)} blocks with {words!r}"
    return found[0]
