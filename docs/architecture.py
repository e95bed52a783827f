"""Draw ``docs/architecture.svg`` from the import graph: who imports whom, and in which order.

Run it with ``make pictures``; a test holds that the picture is what this script draws.
"""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

PICTURE = Path(__file__).with_name("architecture.svg")
ROOTS = ("plugin_operator", "kube_apiserver")
#: What is drawn: the package, and the words above it.
PANELS = {
    "plugin_operator": "plugin_operator: an import only points down",
    "plugin_operator.hosting": "plugin_operator.hosting: the stages of a plugin",
    "kube_apiserver": "kube_apiserver: the embedded API server",
}
WIDTH, BOX_HEIGHT, ROW, GAP, TITLE = 980, 30, 66, 14, 54
STYLE = """
  text { font-family: system-ui, sans-serif; fill: #1f2937; text-anchor: middle }
  .title { font-size: 17px; font-weight: 600; text-anchor: start }
  .name { font-size: 13px }
  rect { fill: #eef2ff; stroke: #6366f1; rx: 6 } .paper { fill: #ffffff; stroke: none }
  path { fill: none; stroke: #9ca3af }
"""

Edges = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Box:
    """One package or module; ``x`` and ``y`` are its upper left corner in pixels."""

    name: str
    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        """Where lines begin and end."""
        return self.x + self.width / 2


def imports_within(graph: grimp.ImportGraph, package: str) -> dict[str, frozenset[str]]:
    """Return which children of ``package`` import which others."""
    depth = package.count(".") + 1

    def child(module: str) -> str:
        return module.split(".")[depth]

    inside = [module for module in graph.modules if module.startswith(f"{package}.")]
    edges: dict[str, set[str]] = {child(module): set() for module in inside}
    for module in inside:
        for other in graph.find_modules_directly_imported_by(module):
            if other.startswith(f"{package}.") and child(other) != child(module):
                edges[child(module)].add(child(other))
    return {name: frozenset(others) for name, others in edges.items()}


def levels(edges: Edges) -> dict[str, int]:
    """Return the height of each node over what it imports: 0 for one that imports none of the others.

    Raises:
        graphlib.CycleError: nodes import each other in a circle, which is no order at all.
    """
    known: dict[str, int] = {}
    for name in TopologicalSorter({name: sorted(edges[name]) for name in sorted(edges)}).static_order():
        known[name] = 1 + max((known[other] for other in edges[name]), default=-1)
    return known


def direct(edges: Edges) -> list[tuple[str, str]]:
    """Return the edges that no longer way stands for, so that the picture stays readable."""
    below: dict[str, frozenset[str]] = {}

    def reach(name: str) -> frozenset[str]:
        if name not in below:
            below[name] = edges[name].union(*(reach(other) for other in edges[name]))
        return below[name]

    return [
        (name, other)
        for name in sorted(edges)
        for other in sorted(edges[name])
        if not any(other in reach(between) for between in edges[name] - {other})
    ]


def rows(edges: Edges) -> list[list[str]]:
    """Return the nodes row by row, the highest first; within a row, near to what they import."""
    height = levels(edges)
    result: list[list[str]] = []
    for level in range(max(height.values()) + 1):
        place = {name: index for row in result for index, name in enumerate(row)}
        row = sorted(name for name, its in height.items() if its == level)
        row.sort(key=lambda name: sum(place.get(each, 0) for each in edges[name]) / max(len(edges[name]), 1))
        result.append(row)
    return result[::-1]


def boxes(order: Iterable[list[str]], top: float) -> dict[str, Box]:
    """Place the rows under each other from ``top``, each in the middle."""
    placed: dict[str, Box] = {}
    for number, row in enumerate(order):
        widths = [max(64.0, 7.4 * len(name) + 18) for name in row]
        x = (WIDTH - sum(widths) - GAP * (len(row) - 1)) / 2
        for name, width in zip(row, widths, strict=True):
            placed[name] = Box(name, x, top + number * ROW, width)
            x += width + GAP
    return placed


def panel(graph: grimp.ImportGraph, package: str, title: str, top: float) -> tuple[list[str], float]:
    """Draw one package from ``top``; return its lines and where it ends."""
    edges = imports_within(graph, package)
    placed = boxes(rows(edges), top + TITLE)
    lines = [f'<text class="title" x="20" y="{top + 30:.0f}">{html.escape(title)}</text>']
    for upper, lower in direct(edges):
        a, b = placed[upper], placed[lower]
        y1, y2 = a.y + BOX_HEIGHT, b.y
        bend = (y2 - y1) / 2
        lines.append(
            f'<path d="M{a.middle:.0f} {y1:.0f} C{a.middle:.0f} {y1 + bend:.0f} '
            f'{b.middle:.0f} {y2 - bend:.0f} {b.middle:.0f} {y2:.0f}"/>'
        )
    for box in placed.values():
        lines += [
            f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{BOX_HEIGHT}"/>',
            f'<text class="name" x="{box.middle:.0f}" y="{box.y + 20:.0f}">{html.escape(box.name)}</text>',
        ]
    return lines, max(box.y for box in placed.values()) + BOX_HEIGHT


def draw() -> str:
    """Return the picture as SVG text."""
    graph = grimp.build_graph(*ROOTS, cache_dir=None)
    lines: list[str] = []
    end = 0.0
    for package, title in PANELS.items():
        added, end = panel(graph, package, title, end + 10)
        lines += added
    height = end + 20
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img">'
    label = "<title>Which package imports which, from the top down</title>"
    paper = f'<rect class="paper" width="{WIDTH}" height="{height:.0f}"/>'
    return "\n".join([head, label, f"<style>{STYLE}</style>", paper, *lines, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(draw())
