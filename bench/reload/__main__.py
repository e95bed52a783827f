"""``python -m bench.reload``: edit one of two plugins under load and print how long it took, step by step."""

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path
from statistics import mean

import structlog
from rich.console import Console
from rich.table import Table

from bench.reload.measure import Others, Session, in_place, load, rename
from bench.reload.steps import STEPS, Marks, mark_swaps

VARIANTS = {
    "rename, trial": (rename, True),
    "in place, trial": (in_place, True),
    "rename, no trial": (rename, False),
    "in place, no trial": (in_place, False),
}
Edits = list[dict[str, float]]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.reload", description=__doc__)
    parser.add_argument("--edits", type=int, default=200, help="edits of each variant (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=1000.0, help="changes per second (default: %(default)s)")
    parser.add_argument("--pause", type=float, default=0.05, help="seconds between two edits (default: %(default)s)")
    return parser.parse_args()


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` of all values do not exceed, in milliseconds; of none, 0."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] * 1000 if values else 0.0


async def _measure(url: str, edits: int, pause_seconds: float, marks: Marks) -> dict[str, tuple[Edits, Others, Others]]:
    found = {}
    for name, (save, trial) in VARIANTS.items():
        with tempfile.TemporaryDirectory(prefix="plugin-operator-bench-") as scratch:
            async with Session.started(url, Path(scratch) / "plugins", marks, trial=trial) as session:
                await asyncio.sleep(1)
                session.recorder.take()
                begin = asyncio.get_running_loop().time()
                steps = [await session.edit(f"v{number}", save, pause_seconds=pause_seconds) for number in range(edits)]
                edited = session.recorder.take()
                await asyncio.sleep(asyncio.get_running_loop().time() - begin)
                found[name] = (steps, edited, session.recorder.take())
        sys.stderr.write(f"{name}: done\n")
    return found


def _edits_table(found: dict[str, tuple[Edits, Others, Others]]) -> Table:
    table = Table(title="Save to first reconcile by new code, ms; each step: mean ms and its share")
    for column in ("", "p50", "p99", *STEPS):
        table.add_column(column, justify="right")
    for name, (edits, _, _) in found.items():
        totals = [sum(each.values()) for each in edits]
        whole = mean(totals)
        cells = []
        for step in STEPS:
            part = mean(each[step] for each in edits)
            cells.append(f"{part * 1000:.1f} ({part / whole:.0%})")
        table.add_row(name, f"{percentile(totals, 0.5):.0f}", f"{percentile(totals, 0.99):.0f}", *cells)
    return table


def _others_table(found: dict[str, tuple[Edits, Others, Others]]) -> Table:
    table = Table(title="The other controller while that happens, and for as long without edits, ms")
    for column in ("", "edits", "p50", "p99", "longest gap", "reconciles"):
        table.add_column(column, justify="right")
    for name, (_, edited, quiet) in found.items():
        for when, others in (("yes", edited), ("no", quiet)):
            latencies = others.latencies
            table.add_row(
                name,
                when,
                f"{percentile(latencies, 0.5):.2f}",
                f"{percentile(latencies, 0.99):.2f}",
                f"{max(others.gaps, default=0.0) * 1000:.0f}",
                str(len(others.gaps) + 1),
            )
    return table


async def _run(arguments: argparse.Namespace) -> dict[str, tuple[Edits, Others, Others]]:
    marks = Marks()
    mark_swaps(marks)
    async with load(arguments.rate) as url:
        return await _measure(url, arguments.edits, arguments.pause, marks)


def main() -> int:
    """Measure and print; stops with a traceback if an edit does not take effect in half a minute."""
    arguments = _arguments()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    found = asyncio.run(_run(arguments))
    console = Console() if sys.stdout.isatty() else Console(width=160)
    console.print(_edits_table(found))
    console.print(_others_table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
