"""The mechanical part of plain English: words, the length of sentences, and the form of commit subjects."""

import ast
import io
import re
import subprocess
import tokenize
from functools import cache
from pathlib import Path

import pytest

from tests.pages import PAGES, ROOT
from tests.prose import MOST_WORDS, comments_in, forbidden_in, sentences_in, sentences_of, texts_of

#: The last commit before the form of subjects was held.
BEFORE = "09a289850adda6798f569019f3b8f7919aac123a"
SUBJECT = re.compile(r"[\w./-]+(?:, [\w./-]+)*: (?![A-Z][a-z])\S.*[^.\s]")
MOST_SIGNS = 72


def faults_of(page: str) -> list[str]:
    long = [
        f"{each.words} words, at most {MOST_WORDS}: {each}" for each in sentences_of(page) if each.words > MOST_WORDS
    ]
    words = [f"{page}:{line}: {fault}" for line, text in texts_of(page) for fault in forbidden_in(text)]
    return long + words


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_short_sentences_and_plain_words(page: str) -> None:
    assert faults_of(page) == []


@cache
def code_faults() -> dict[str, list[str]]:
    """Return the faults in docstrings and messages by folder, as ``plugin_operator/cache``."""
    found: dict[str, list[str]] = {}
    root = ROOT / "operator"
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                faults = [f"{path.relative_to(ROOT)}:{node.lineno}: {fault}" for fault in forbidden_in(node.value)]
                found.setdefault(folder_of(path.relative_to(root)), []).extend(faults)
    return {folder: faults for folder, faults in found.items() if faults}


def folder_of(path: Path) -> str:
    return "/".join(path.parts[:2])


def test_docstrings_and_messages_have_plain_words() -> None:
    assert code_faults() == {}


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def name_and_comment_faults(text: str) -> list[str]:
    """Return the forbidden words in names and comments of a module, ``_goes_on`` and ``ForNobody`` among them."""
    faults: list[str] = []
    if not forbidden_in(" ".join(_WORD.findall(text))):
        return faults  # tokenizing all modules would take seconds
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        words = " ".join(_WORD.findall(token.string)) if token.type == tokenize.NAME else token.string
        if token.type in {tokenize.NAME, tokenize.COMMENT}:
            faults += [f"{token.start[0]}: {token.string}: {fault}" for fault in forbidden_in(words)]
    return faults


def test_names_and_comments_have_plain_words() -> None:
    paths = sorted((ROOT / "operator").rglob("*.py"))
    found = {str(path): name_and_comment_faults(path.read_text()) for path in paths}
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    "line", ["is_told = 1", "MAX_TOLD = 1", "class ForNobody: ...", "go_on()", "# for nobody else"]
)
def test_a_forbidden_word_in_a_name_or_a_comment_is_a_fault(line: str) -> None:
    assert len(name_and_comment_faults(f"x = 'told'  # reported\n{line}\n")) == 1


COMMENTED = ("Makefile", *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("manifests/**/*.yaml")))
#: A clause in the place of a sentence: "What the operator needs", "Whom it may connect to".
CLAUSE = re.compile(r"(?:what|who|whom)\b|.*\bwhat others\b", re.IGNORECASE)


def comment_faults(page: str, text: str) -> list[str]:
    faults = []
    for each in comments_in(page, text):
        faults += [f"{each}: {each.words} words, at most {MOST_WORDS}"] * (each.words > MOST_WORDS)
        faults += [f"{each}: begin with the subject, not with a clause"] * bool(CLAUSE.match(each.text))
        faults += [f"{each}: {fault}" for fault in forbidden_in(each.text)]
    return faults


@pytest.mark.parametrize("page", COMMENTED)
def test_comments_and_help_of_makefile_and_manifests_are_plain(page: str) -> None:
    assert comment_faults(page, (ROOT / page).read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        "# What the operator needs: all.\n",
        "a: 1\n  # Events are\n  # told here.\n",
        "bench: x ## Measure a reload, and what others notice of it\n",
        "# " + "word " * 26 + "\n",
    ],
)
def test_a_clause_a_forbidden_word_or_a_long_comment_is_a_fault(text: str) -> None:
    assert len(comment_faults("Makefile", text)) == 1


def subject_faults(subject: str) -> list[str]:
    faults = [] if SUBJECT.fullmatch(subject) else ["write 'area: verb object', lower case after the colon, no stop"]
    return faults + [f"{len(subject)} characters, at most {MOST_SIGNS}"] * (len(subject) > MOST_SIGNS)


def test_commit_subjects_name_area_verb_and_object() -> None:
    command = ["git", "-C", str(ROOT), "log", "--no-merges", "--format=%s", f"{BEFORE}..HEAD"]
    try:
        log = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("an exported tree or a shallow clone has no history to look at")

    assert {subject: faults for subject in log.splitlines() if (faults := subject_faults(subject))} == {}


@pytest.mark.parametrize(
    "subject",
    ["Fix the queue", "queue: Fix a loss", "queue: fix a loss.", "queue:fix", "queue: fix " + "x" * 70],
)
def test_another_form_of_a_subject_is_a_fault(subject: str) -> None:
    assert subject_faults(subject)


@pytest.mark.parametrize(
    "subject", ["cache: fix a lost event", "tests/faults, app: tolerate 410", "docs: HTTP in words"]
)
def test_the_form_of_a_subject_is_no_fault(subject: str) -> None:
    assert subject_faults(subject) == []


def test_sentences_are_counted_without_code_tables_and_links() -> None:
    prose = "# A title of words\n\nOne `a b c` [two three](x.md#y). Four, i.e. five:\n\n- six\n\n"
    table = "| a b | c |\n|---|---|\n| d | e |\n"

    assert [each.words for each in sentences_in("page", prose + table)] == [4, 3, 1]


def test_a_forbidden_word_names_the_way_out() -> None:
    assert forbidden_in("Whoever waits is told.") == [
        "'Whoever': name the subject: each client, any change",
        "'told': reported, shown, notified",
    ]
