"""Every cell of a comparison links to its proof, and the numbers are those of the last benchmark."""

import re
from collections.abc import Iterator

import pytest

from tests.pages import ROOT

LINK = re.compile(r"\[([^]]+)\]\(([^)]+)\)")
LINKS = re.compile(rf"{LINK.pattern}(?:, {LINK.pattern})*")
#: What each framework is called in docs/performance.md, where its version follows.
PEERS = {
    "plugin-operator": "plugin-operator",
    "kopf": "kopf on.event",
    "controller-runtime": "controller-runtime typed",
    "controller-runtime typed": "controller-runtime typed",
    "kube-rs": "kube-rs",
}
MEASURED = {"events/s, 2 cores": "burst to reconciled, events/s", "writes/s, 2 cores": "reconciles/s with one PATCH"}

Table = tuple[list[str], list[list[str]]]


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def tables_of(text: str) -> Iterator[Table]:
    """Yield head and rows of each table, the head without links."""
    for found in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        head, _, *rows = found.splitlines()
        names = [link[1] if (link := LINK.fullmatch(cell)) else cell for cell in cells_of(head)]
        yield names, [cells_of(row) for row in rows]


README = (ROOT / "README.md").read_text().partition("## Beside other frameworks")[2].partition("\n## ")[0]
PAGE = (ROOT / "docs" / "comparison.md").read_text()
TABLES = [*tables_of(README), *tables_of(PAGE)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table[1][0][0])
def test_every_cell_links_to_its_proof(table: Table) -> None:
    _, rows = table

    assert rows
    assert [cell for row in rows for cell in row[1:] if not LINKS.fullmatch(cell)] == []


def test_what_others_do_better_has_a_source() -> None:
    better = PAGE.partition("## Where the others are better\n")[2].partition("\n## ")[0]
    items = [item.replace("\n ", "") for item in re.split(r"^- ", better, flags=re.MULTILINE)[1:]]

    compared = [row[0].partition(",")[0] for row in TABLES[1][1]][1:]
    assert [item.partition("**")[2].partition("**")[0] for item in items] == compared
    assert [item for item in items if "](https://" not in item] == []


def shown_and_measured() -> Iterator[tuple[str, str, str, str]]:
    page = (ROOT / "docs" / "performance.md").read_text()
    head = cells_of(next(line for line in page.splitlines() if line.startswith("| median")))
    columns = {cell.rpartition(" ")[0]: column for column, cell in enumerate(head)}
    for names, rows in TABLES:
        for row in rows:
            label = MEASURED.get(row[0], row[0])
            if (line := next((line for line in page.splitlines() if line.startswith(f"| {label} |")), None)) is None:
                continue
            for name in PEERS.keys() & set(names):
                shown = LINK.fullmatch(row[names.index(name)])
                assert shown is not None
                yield label, name, shown[1], cells_of(line)[columns[PEERS[name]]].split()[0]


def test_the_numbers_are_those_of_the_last_benchmark() -> None:
    numbers = list(shown_and_measured())

    assert len(numbers) == 2 * 3 + 4 * 4
    assert [each for each in numbers if each[2] != each[3]] == []


def test_the_limits_quote_the_last_benchmark() -> None:
    limits = (ROOT / "docs" / "when-not-to-use-it.md").read_text()
    quoted = {"burst to reconciled, events/s": "events/s", "reconciles/s with one PATCH": "reconciles/s"}

    for label, _, number, _ in [each for each in shown_and_measured() if each[1] == "plugin-operator"]:
        assert label not in quoted or f"{number} {quoted[label]}" in limits
