"""``python -m bench.docs``: put the last full run into docs/performance.md and the pages that quote it."""

import sys

from bench import plots, quotes
from bench.metrics import ROWS
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
    source = ROOT / "bench" / "results" / "latest.json"
    page = ROOT / "docs" / "performance.md"
    text = page.read_text()
    if not source.exists() or BEGIN not in text or END not in text:
        print(f"{source} or the marks in {page} are missing: run make bench first", file=sys.stderr)
        return 1
    results = Results.read(source)
    pictures = []
    for name, scenarios in PLOTS.items():
        plots.write(
            results, [row for row in ROWS if row.scenario in scenarios], page.parent / "performance" / f"{name}.svg"
        )
        pictures.append(f"![{name}](performance/{name}.svg)")
    before, _, rest = text.partition(BEGIN)
    last, _, after = rest.partition(END)
    table = markdown(results)
    page.write_text(before + BEGIN + "\n" + table + "\n" + "\n".join(pictures) + "\n" + END + after)
    for name in quotes.PAGES:
        quoting = ROOT / name
        quoting.write_text(quotes.replaced(quoting.read_text(), last, table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
