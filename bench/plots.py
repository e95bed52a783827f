"""Bar charts as SVG: one for each row, small multiples in one file. Written by hand, for that is all they need."""

from html import escape
from pathlib import Path

from bench.metrics import Row
from bench.results import Results

_WIDTH, _BAR, _GAP, _LEFT, _RIGHT = 760, 18, 6, 270, 110
_OURS, _OTHERS, _TEXT = "#2563eb", "#94a3b8", "#475569"


def _panel(results: Results, row: Row, top: int) -> tuple[list[str], int]:
    """Return the marks of one row and the height they take."""
    found = {peer: (results.values(row, peer), results.median(row, peer)) for peer in results.versions}
    present = {peer: (values, median) for peer, (values, median) in found.items() if median is not None}
    if not present:
        return [], 0
    longest = max(values[-1] for values, _ in present.values()) or 1.0
    room = _WIDTH - _LEFT - _RIGHT
    better = "more is better" if row.more_is_better else "less is better"
    marks = [f'<text x="10" y="{top + 16}" font-weight="600">{escape(row.title)} <tspan>({better})</tspan></text>']
    y = top + 28
    for number, (peer, (values, median)) in enumerate(present.items()):
        middle, end = y + _BAR // 2, _LEFT + room * median / longest
        low, high = (_LEFT + room * value / longest for value in (values[0], values[-1]))
        marks += [
            f'<text x="{_LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(peer)}</text>',
            (
                f'<rect x="{_LEFT}" y="{y}" width="{max(1.0, end - _LEFT):.1f}" height="{_BAR}" rx="2" '
                f'fill="{_OTHERS if number else _OURS}"/>'
            ),
            f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="#0f172a"/>',
            f'<text x="{max(end, high) + 6:.1f}" y="{middle + 4}">{median:,.{row.digits}f}</text>',
        ]
        y += _BAR + _GAP
    return marks, y + 10 - top


def write(results: Results, rows: list[Row], path: Path) -> None:
    """Draw these rows below each other; the line in a bar goes from the lowest to the highest repetition."""
    marks: list[str] = []
    top = 6
    for row in rows:
        panel, height = _panel(results, row, top)
        marks += panel
        top += height
    style = f"font: 12px system-ui, sans-serif; fill: {_TEXT}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" width="{_WIDTH}" height="{top}">'
    sheet = f'<rect width="100%" height="100%" fill="#fff"/><style>text{{{style}}}</style>'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, sheet, *marks, "</svg>"]) + "\n")
