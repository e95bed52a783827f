"""``python -m bench.docs``: put the last runs into performance.md, scaling.md and the pages that quote them."""

import sys
from pathlib import Path

from bench import plots, quotes
from bench.metrics import PROCESSES, ROWS
from bench.processes import ROOT
from bench.report import markdown
from bench.results import Results

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
PLOTS = {
    "throughput": ("burst", "large", "patch", "read"),
    "latency": ("latency-100", "latency-1000", "latency-10000"),
    "memory": ("many", "idle"),
}


def main() -> int:
    """Rewrite what is between the marks; the exit status is 1 if there is no run or no place for it."""
    runs = ROOT / "bench" / "results"
    pages = ROOT / "docs"
    latest, processes = runs / "latest.json", runs / "processes.json"
    unmarked = [page for page in (pages / "performance.md", pages / "scaling.md") if not has_marks(page.read_text())]
    if unmarked or not (latest.exists() or processes.exists()):
        print(f"{latest} or the marks in {unmarked or pages} are missing: run make bench first", file=sys.stderr)
        return 1
    if latest.exists():
        _fill_performance(pages / "performance.md", Results.read(latest))
    if processes.exists():
        _fill_scaling(pages / "scaling.md", Results.read(processes))
    return 0


def has_marks(text: str) -> bool:
    """Return whether a page has a place for a table."""
    return BEGIN in text and END in text


def filled(text: str, table: str) -> tuple[str, str]:
    """Return the page with the table between the marks, and what stood there before."""
    before, _, rest = text.partition(BEGIN)
    last, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}", last


def _fill_performance(page: Path, results: Results) -> None:
    pictures = []
    for name, scenarios in PLOTS.items():
        plots.write(
            results, [row for row in ROWS if row.scenario in scenarios], page.parent / "performance" / f"{name}.svg"
        )
        pictures.append(f"![{name}](performance/{name}.svg)")
    table = markdown(results, [row for row in ROWS if row not in PROCESSES])
    text, last = filled(page.read_text(), table + "\n" + "\n".join(pictures))
    page.write_text(text)
    for name in quotes.PAGES:
        quoting = ROOT / name
        quoting.write_text(quotes.replaced(quoting.read_text(), last, table))


def _fill_scaling(page: Path, results: Results) -> None:
    page.write_text(filled(page.read_text(), markdown(results, PROCESSES).rstrip())[0])


if __name__ == "__main__":
    sys.exit(main())
