"""Numbers of the last run that other pages quote: replaced wherever a page shows what the run before measured."""

import re
from collections.abc import Iterator

PAGES = ("README.md", "docs/comparison.md", "docs/when-not-to-use-it.md")
#: The rows whose numbers are quoted.
ROWS = (
    "burst to reconciled, events/s",
    "memory per 1.2 KB object, bytes",
    "reconciles/s with one PATCH",
    "CPU per reconcile with one PATCH, µs",
)
# A cell that links to the results, or a number with its unit in a sentence.
_QUOTED = re.compile(
    r"(?<=\[)[\d,.]+(?=\]\((?:docs/)?performance\.md#results\))|\b\d[\d,.]*(?= (?:events|reconciles)/s)"
)


def replaced(text: str, before: str, after: str) -> str:
    """Return a page's text with the numbers of the table ``after`` in place of those of the table ``before``."""
    new = dict(_numbers(after))
    changed = {number: new[key] for key, number in _numbers(before) if key in new}
    return _QUOTED.sub(lambda found: changed.get(found[0], found[0]), text)


def _numbers(table: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield row, peer and median of what is quoted; a peer's version is no part of its name."""
    peers: list[str] = []
    for line in table.splitlines():
        title, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        if title.startswith("median"):
            peers = [cell.rpartition(" ")[0] for cell in cells]
        elif title in ROWS:
            yield from (((title, peer), cell.split()[0]) for peer, cell in zip(peers, cells, strict=True) if cell)
