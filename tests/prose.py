"""Sentences of the pages: prose without code blocks, tables and link targets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.pages import ROOT

#: The end of a sentence: a stop before white space and what may begin a sentence.
_END = re.compile(r"(?<=[.!?])[\"'”)*_]*\s+(?=[\"'“(*_]*[A-Z0-9\x00])")
#: Stops that end no sentence.
_ABBREVIATION = re.compile(r"\b(e\.g|i\.e|etc|cf|vs)\.", re.IGNORECASE)
#: Stands for a span of code: one word.
CODE = "\x00"
MOST_WORDS = 25


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a page, ``line`` is where its paragraph begins; a span of code is one word."""

    page: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.text.replace(CODE, '`…`')}"

    @property
    def words(self) -> int:
        """How many words it has; dashes and other signs alone are none."""
        return sum(any(sign.isalnum() or sign == CODE for sign in word) for word in self.text.split())


def _text_of(inline: Token) -> str:
    parts = []
    for child in inline.children or []:
        if child.type == "text":
            parts.append(child.content)
        elif child.type == "code_inline":
            parts.append(CODE)
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
    return "".join(parts)


def sentences_in(page: str, text: str) -> Iterator[Sentence]:
    """Yield the sentences of a page in Markdown, without headings and tables."""
    is_prose = True
    for token in MarkdownIt().enable("table").parse(text):
        if token.type in {"heading_open", "table_open"}:
            is_prose = False
        elif token.type in {"heading_close", "table_close"}:
            is_prose = True
        elif token.type == "inline" and is_prose:
            plain = _ABBREVIATION.sub(lambda found: found[0].replace(".", ""), _text_of(token))
            for sentence in _END.split(plain):
                yield Sentence(page, (token.map or [0])[0] + 1, sentence.strip())


def sentences_of(page: str) -> list[Sentence]:
    """Return the sentences of a page by its path in the repository."""
    return list(sentences_in(page, (ROOT / page).read_text()))


#: Words of a private English, and words that the field has for them.
FORBIDDEN = {
    r"told|tells? (?:of|the same)": "reported, shown, notified",
    r"go(?:es|ing)? on|went on|gone on": "keeps running, continues",
    r"t(?:ake|akes|aken|ook) back": "rolled back, withdrawn, removed",
    r"see[ns]? to": "handled",
    r"who(?:so)?ever|whatever|whichever": "name the subject: each client, any change",
    r"nobody|somebody|everybody": "name the subject: no client, another process, all plugins",
    r"hear[sd]? of|hearing of": "notified, receives",
    r"unasked": "unexpectedly",
    r"anew": "again",
    r"lets? go": "released",
    r"for good": "permanently",
    r"is news": "logged once",
    r"knows? nothing of": "does not import, does not depend on",
}
_FORBIDDEN = re.compile(rf"\b(?:{'|'.join(FORBIDDEN)})\b", re.IGNORECASE)


def forbidden_in(text: str) -> list[str]:
    """Return the forbidden words of a text, each with a way out."""
    return [f"{found[0]!r}: {_way_out(found[0])}" for found in _FORBIDDEN.finditer(text)]


def _way_out(words: str) -> str:
    return next(better for bad, better in FORBIDDEN.items() if re.fullmatch(bad, words, re.IGNORECASE))


def texts_of(page: str) -> Iterator[tuple[int, str]]:
    """Yield each text of a page with its line: paragraphs, headings and cells of tables, without code."""
    for token in MarkdownIt().enable("table").parse((ROOT / page).read_text()):
        if token.type == "inline":
            yield (token.map or [0])[0] + 1, _text_of(token)


_HELP = re.compile(r"^[\w./-]+:.*?## (.*)$")


def comments_in(page: str, text: str) -> Iterator[Sentence]:
    """Yield the sentences of the comments and help texts of a Makefile or a manifest."""
    block: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.lstrip().startswith("#"):
            block.append(line.lstrip().lstrip("#").strip(" -"))
            continue
        if block:
            yield from sentences_in(f"{page}:{number - len(block)}", " ".join(block))
            block = []
        if found := _HELP.match(line):
            yield from sentences_in(f"{page}:{number}", found[1])
