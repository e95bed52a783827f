"""From results to a table: for the terminal and, as Markdown, for the documentation."""

import statistics
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.metrics import GROWTH, ROWS, AtLeast, AtMost, Row, Times
from bench.peers.peer import OURS, RIVAL
from bench.results import Results


def measured(results: Results) -> list[str]:
    """Return the peers of which there are numbers."""
    return [peer for peer in results.versions if any(peer in found for found in results.outcomes.values())]


def cells(results: Results, peers: Sequence[str], rows: Sequence[Row] | None = None) -> list[tuple[str, list[str]]]:
    """Return the measured rows: title, one cell for each peer, the ratio to the rival, and the bar."""
    found = []
    for row in ROWS if rows is None else rows:
        line = [_cell(results, row, peer) for peer in peers]
        if any(line):
            found.append((row.title, [*line, *_against(results, row)]))
    return found


def _cell(results: Results, row: Row, peer: str) -> str:
    values, median = results.values(row, peer), results.median(row, peer)
    if median is None:
        return ""
    spread = f" ({values[0]:,.{row.digits}f}–{values[-1]:,.{row.digits}f})" if values[0] != values[-1] else ""  # noqa: RUF001 - a range
    return f"{median:,.{row.digits}f}{spread}"


def _against(results: Results, row: Row) -> tuple[str, str]:
    """Return the ratio to the rival, and each bar with whether it is met."""
    ratio = results.ratio(row, OURS, RIVAL)
    verdicts = [_verdict(results, row, bar) for bar in row.bars]
    return "" if ratio is None else f"{ratio:.2f}", "; ".join(filter(None, verdicts))


def _verdict(results: Results, row: Row, bar: Times | AtMost | AtLeast) -> str:
    if isinstance(bar, AtLeast):
        reached = results.median(row, OURS)
        return "" if reached is None else f"{_met(reached >= bar.least)} (≥ {bar.least:.2g})"
    if isinstance(bar, AtMost):
        reached = results.median(row, OURS)
        return "" if reached is None else f"{_met(reached <= bar.most)} (≤ {bar.most:.2g})"
    ratio = results.ratio(row, OURS, bar.peer)
    if ratio is None:
        return ""
    verdict = f"aim {_met(ratio >= bar.least).lower()}" if bar.is_aim else _met(ratio >= bar.least)
    asked = f"≥ {bar.least:.2g}"
    return f"{verdict} ({asked})" if bar.peer == RIVAL else f"{verdict} ({asked} × {bar.peer}: {ratio:.2f})"  # noqa: RUF001 - times


def _met(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def growth(results: Results) -> list[str]:
    """Return how time and memory grow with the number of objects: a straight line through all sizes, and its fit."""
    lines = []
    for peer in measured(results):
        for value, unit, scale in (("list_seconds", "µs", 1e6), ("resident", "bytes", 1.0)):
            points = [(n, results.median(Row(f"growth-{n}", value, "", scale), peer)) for n in GROWTH]
            known = [(n, found) for n, found in points if found is not None]
            if len(known) > 2:
                slope, fit = _line(known)
                what = "list and reconcile" if value == "list_seconds" else "memory"
                lines.append(f"{peer}: {what} grows by {slope:,.1f} {unit} per object (R² {fit:.4f})")
    return lines


def _line(points: Sequence[tuple[int, float]]) -> tuple[float, float]:
    xs, ys = [float(x) for x, _ in points], [y for _, y in points]
    slope, _ = statistics.linear_regression(xs, ys)
    return slope, statistics.correlation(xs, ys) ** 2


def print_table(results: Results, console: Console) -> None:
    """Print medians with lowest and highest, how many times better this operator is than the rival, and the bars."""
    peers = measured(results)
    table = Table(title="medians (lowest–highest)")  # noqa: RUF001 - a range
    table.add_column("", no_wrap=True)
    for column in [*(f"{peer} {results.versions[peer]}" for peer in peers), "times better than typed", "bar"]:
        table.add_column(column.replace(" ", "\n"), justify="right")
    for title, line in cells(results, peers):
        table.add_row(title, *line)
    console.print(table)
    for sentence in growth(results):
        console.print(sentence, highlight=False)
    for what, reason in results.absent.items():
        console.print(f"not measured: {what}: {reason}", markup=False)


def markdown(results: Results, rows: Sequence[Row]) -> str:
    """Return the same as a Markdown table, with machine and versions above it."""
    peers = [peer for peer in measured(results) if any(results.values(row, peer) for row in rows)]
    machine = results.machine
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    lines = [
        (
            f"Run of {results.when}: {machine['cpu']}, {machine['cores']} cores, {machine['system']}, Python "
            f"{machine['python']}, {packages}. The load average at the end was {machine['load']}."
        ),
        "",
        "| median (lowest–highest) | "  # noqa: RUF001 - a range
        + " | ".join(f"{peer} {results.versions[peer]}" for peer in peers)
        + " | times better than typed | bar |",
        "|---" + "|---:" * (len(peers) + 2) + "|",
    ]
    lines += [f"| {title} | {' | '.join(line)} |" for title, line in cells(results, peers, rows)]
    lines += ["", *(f"- {sentence}" for sentence in growth(results))]
    lines += ["", *(f"Not measured: {what}: {reason}" for what, reason in results.absent.items())]
    return "\n".join(lines).rstrip() + "\n"
