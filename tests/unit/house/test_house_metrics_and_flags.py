"""The manual's tables of metrics and flags and the code have the same rows, and a metric is declared once."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import click

from plugin_operator.cli.group import group
from plugin_operator.hosting.runtime.misbehavior import MisbehaviorKind
from tests.declared import declarations, options
from tests.pages import ROOT

MANUAL = (ROOT / "docs" / "operations.md").read_text()
COMMAND_LINE = (ROOT / "docs" / "command-line.md").read_text()

Rows = dict[str, tuple[str, ...]]


def table(section: str, page: str = MANUAL) -> Rows:
    """Return the rows of the first table under a heading: the other cells by the first."""
    lines = page.partition(f"\n{section}\n")[2].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|---"))
    rows: Rows = {}
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        first, *others = (cell.strip() for cell in line.strip("|").split("|"))
        assert first not in rows, f"{section} has two rows for {first}"
        rows[first] = tuple(others)
    return rows


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_table_of_metrics_has_each_metric_with_type_and_labels() -> None:
    shown = {code(name)[0]: cells[:2] for name, cells in table("## Metrics").items()}
    known = {
        name: (each.make(name, each.help_text, each.labels).kind, ", ".join(each.labels))
        for name, each in declarations().items()
    }

    assert shown == known


def strings() -> Iterator[str]:
    for path in (ROOT / "operator" / "plugin_operator").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_the_name_of_a_metric_stands_once_in_the_code() -> None:
    counts = Counter(strings())

    assert {name: counts[name] for name in declarations() if counts[name] != 1} == {}


def test_the_table_of_misbehavior_has_each_kind() -> None:
    assert {code(name)[0] for name in table("### Misbehavior")} == {kind.value for kind in MisbehaviorKind}


def test_the_table_of_flags_has_each_flag_with_its_variables_and_commands() -> None:
    shown = {tuple(code(flag)): (code(cells[0]), sorted(code(cells[1]))) for flag, cells in table("## Flags").items()}
    known = {flag: (list(next(iter(of.values())).envvar or ()), sorted(of)) for flag, of in options().items()}

    assert shown == known


def default_of(option: click.Option, text: str | None = None) -> Any:
    """Return the value of a default, or of what the manual says it is, as the command gets it."""
    default = option.to_info_dict()["default"] if text is None else text
    if option.is_flag:
        return default in (True, "true")
    return option.type_cast_value(click.Context(click.Command("any")), default) if default not in (None, "") else None


def shown_defaults(cell: str, commands: list[str]) -> dict[str, str]:
    """Return what a cell says: ``x`` for all commands, ``x`` (``run``) for one, or ``x``, ``y`` (``run``) for both."""
    apart = {command: text for text, command in re.findall(r"`([^`]+)` \(`([^`]+)`\)", cell)}
    common = re.match(r"`([^`]+)`(?! \()", cell)
    return dict.fromkeys(commands, common[1] if common else "") | apart


def test_the_table_of_flags_has_their_defaults() -> None:
    for flag, cells in table("## Flags").items():
        of = options()[tuple(code(flag))]
        shown = shown_defaults(cells[2], list(of))
        for command, option in of.items():
            assert default_of(option, shown.get(command, "")) == default_of(option), f"{command} {flag}"


def test_the_table_of_commands_has_each_command() -> None:
    shown = {word for cell in table("## Commands", COMMAND_LINE) for text in code(cell) for word in text.split()[1:2]}

    assert shown - {"--version"} == set(group.list_commands(click.Context(group)))
