"""The table of faults in docs/api-server-failures.md: ``python -m tests.integration.faults.table`` writes it again."""

from pathlib import Path

from tests.integration.faults import scripts_server
from tests.integration.faults.rows import ROWS, Row

PAGE = Path(__file__).parents[3] / "docs" / "api-server-failures.md"
ALL_SCRIPTED = scripts_server.SCRIPTED
BEGIN, END = "<!-- faults: begin -->\n", "<!-- faults: end -->\n"


def table() -> str:
    """Return the lines between the two marks."""
    lines = ["| when | the controller concerned | counted as |", "|---|---|---|"]
    lines += [f"| {row.when} | {row.then}{_shown(row)} | {row.restarts} |" for row in ROWS]
    lines += [f"| {each.when} | {each.then} | {each.restarts} |" for each in ALL_SCRIPTED.values()]
    return "\n".join(lines) + "\n"


def _shown(row: Row) -> str:
    return f"; shown as {row.state.lower().replace('_', ' ')}" if row.state else ""


def written() -> str:
    """Return the table in the page."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    """Put the table into the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
