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

from bench.reload.measure import Others, Save, Session, in_place, load, rename
from bench.reload.steps import STEPS, Marks, mark_swaps

VARIANTS = {
    "rename, trial": (rename, True),
    "in place, trial": (in_place, True),
    "rename, no trial": (rename, False),
    "in place, no trial": (in_place, False),
}
Edits = list[dict[str, float]]
Found = dict[str, tuple[Edits, Others, Others]]
# Times with and without edits take turns, so that a machine that slows down slows both.
BLOCK = 10


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.reload", description=__doc__)
    parser.add_argument("--edits", type=int, default=200, help="edits of each variant (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=1000.0, help="changes per second (default: %(default)s)")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between two edits (default: %(default)s)")
    return parser.parse_args()


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` of all values do not exceed, in milliseconds; of none, 0."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] * 1000 if values else 0.0


async def _measure(url: str, edits: int, pause_seconds: float, marks: Marks) -> Found:
    found = {}
    for name, (save, trial) in VARIANTS.items():
        with tempfile.TemporaryDirectory(prefix="plugin-operator-bench-") as scratch:
            async with Session.started(url, Path(scratch) / "plugins", marks, trial=trial) as session:
                await asyncio.sleep(1)
                found[name] = await _alternate(session, save, edits, pause_seconds)
        sys.stderr.write(f"{name}: done\n")
    return found


async def _alternate(session: Session, save: Save, edits: int, pause_seconds: float) -> tuple[Edits, Others, Others]:
    """Edit for a while, do nothing for as long, and again; return the edits and the others in both."""
    steps: Edits = []
    edited, quiet = Others([], []), Others([], [])
    loop = asyncio.get_running_loop()
    session.recorder.take()
    while len(steps) < edits:
        begin = loop.time()
        for _ in range(min(BLOCK, edits - len(steps))):
            steps.append(await session.edit(f"v{len(steps)}", save, pause_seconds=pause_seconds))
        edited.add(session.recorder.take())
        await asyncio.sleep(loop.time() - begin)
        quiet.add(session.recorder.take())
    return steps, edited, quiet


def _edits_table(found: Found) -> Table:
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


def _others_table(found: Found) -> Table:
    table = Table(title="The other controller while edits are made, and between them, ms; ratio: with / without")
    for column in ("", "edits", "p50", "p99", "longest gap", "reconciles"):
        table.add_column(column, justify="right")
    for name, (_, edited, quiet) in found.items():
        rows = [_numbers(others) for others in (edited, quiet)]
        for when, others, numbers in zip(("yes", "no"), (edited, quiet), rows, strict=True):
            table.add_row(name, when, *(f"{number:.2f}" for number in numbers), str(len(others.gaps) + 1))
        ratios = (f"{a / b:.2f}" if b else "" for a, b in zip(*rows, strict=True))
        table.add_row(name, "ratio", *ratios, "", end_section=True)
    return table


def _numbers(others: Others) -> tuple[float, float, float]:
    latencies = others.latencies
    return percentile(latencies, 0.5), percentile(latencies, 0.99), max(others.gaps, default=0.0) * 1000


async def _run(arguments: argparse.Namespace) -> Found:
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
