"""Every cell of the README's comparison links to its proof, and the numbers are those of the last benchmark."""

import re

from tests.pages import ROOT

LINK = re.compile(r"\[([^]]+)\]\(([^)]+)\)")
#: Column of each framework in docs/performance.md.
COLUMNS = {"plugin-operator": 1, "kopf": 7, "controller-runtime": 2}
MEASURED = {"events/s, 2 cores": "burst to reconciled, events/s", "writes/s, 2 cores": "reconciles/s with one PATCH"}


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def table() -> tuple[list[str], list[list[str]]]:
    section = (ROOT / "README.md").read_text().partition("## Beside other frameworks")[2].partition("\n## ")[0]
    head, _, *rows = [line for line in section.splitlines() if line.startswith("|")]
    names = [found[1] if (found := LINK.fullmatch(cell)) else cell for cell in cells_of(head)]
    return names, [cells_of(row) for row in rows]


def test_every_cell_links_to_its_proof() -> None:
    _, rows = table()

    assert rows
    assert [cell for row in rows for cell in row[1:] if not LINK.fullmatch(cell)] == []


def test_the_numbers_are_those_of_the_last_benchmark() -> None:
    names, rows = table()
    page = (ROOT / "docs" / "performance.md").read_text()
    for row in rows:
        if (measured := MEASURED.get(row[0])) is None:
            continue
        line = next(line for line in page.splitlines() if line.startswith(f"| {measured} |"))
        for name, column in COLUMNS.items():
            shown = LINK.fullmatch(row[names.index(name)])
            assert shown is not None
            assert cells_of(line)[column].split()[0] == shown[1]


def test_the_columns_are_those_of_the_benchmark() -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    head = cells_of(next(line for line in page.splitlines() if line.startswith("| median")))

    assert {name: head[column].split()[0] for name, column in COLUMNS.items()} == {name: name for name in COLUMNS}
