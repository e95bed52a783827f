"""``plugin-operator crd``: prints the CustomResourceDefinitions that classes of plugins define."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plugin_operator.cli.command import Command
from plugin_operator.cli.operator_flags import validate_timeout
from plugin_operator.cli.output import output_flag, print_document
from plugin_operator.cli.plugin_argument import plugins_argument
from plugin_operator.cli.terminal.messages import say, say_line
from plugin_operator.errors import UsageError

if TYPE_CHECKING:
    from plugin_operator.cli.checking.report import Mistake

_EXAMPLES = (
    ("The kinds of all plugins in a directory, for kubectl apply -f", "crd plugins > crds.yaml"),
    ("Keep them in Git, one file for each kind", "crd plugins --output-dir=crds"),
    ("The kinds of one plugin, as JSON", "crd -o json plugins/widget.py"),
)


@click.command("crd", cls=Command, examples=_EXAMPLES, short_help="Print the CRDs that classes of plugins define.")
@plugins_argument(required=True)
@click.option(
    "--output-dir", type=click.Path(path_type=Path, file_okay=False),
    help="Write a file for each kind into this directory instead: GROUP_PLURAL.yaml.",
)  # fmt: skip
@validate_timeout
@output_flag(formats=("yaml", "json"))
def command(paths: tuple[Path, ...], output_dir: Path | None, output: str, validate_timeout_seconds: float) -> None:
    """Print the CustomResourceDefinitions of the classes with @resource in plugins, for kubectl apply.

    FILE is a plugin file, a plugin folder, a helper that plugins import, or a directory of plugins. Versions of one
    kind become one definition, also from several files. The plugins are loaded in a process of their own, as by the
    command check, and the definitions are validated. The output depends on the classes only. The command sends no
    requests to a cluster.

    Exits with 0, with 1 if a plugin or a definition has a mistake, 2 for wrong usage.
    """
    # Imported on demand: the loader imports asyncio and the author-facing package, which --help does not need.
    from plugin_operator import logs
    from plugin_operator.cli.checking.definitions import definitions_of
    from plugin_operator.cli.checking.helper_kinds import users_of, within
    from plugin_operator.cli.checking.plugin_check import CheckSettings, check
    from plugin_operator.kube.yaml_output import yaml_stream

    logs.configure(level="warning")
    settings = CheckSettings(validate_timeout_seconds, lints=False)
    report = check(paths, settings)
    plugins, mistakes = [*report.plugins], [*report.mistakes]
    helpers = [each for each in plugins if each.state == "helper"]
    if helpers:
        of_users = check(users_of(helpers), settings)
        plugins += within(helpers, of_users.plugins)
        mistakes += of_users.mistakes
    found, _ = definitions_of(plugins)
    if wrong := [each for each in mistakes if each.severity == "error"]:
        _print_mistakes(wrong)
        sys.exit(1)
    if not found:
        names = " ".join(map(str, paths))
        raise UsageError(f"{names}: no class has @resource: write @resource('example.com/v1/Widget') above a class")
    if output_dir is not None:
        _write(found, output_dir, output)
    elif output == "json":
        print_document({"apiVersion": "v1", "kind": "List", "items": found}, "json")
    else:
        say(yaml_stream(found), nl=False)


def _write(definitions: Sequence[dict[str, Any]], folder: Path, output: str) -> None:
    from plugin_operator.cli.output import rendered
    from plugin_operator.cli.writing.recorded_folder import write_recorded
    from plugin_operator.kube.yaml_output import yaml_file

    texts = {
        f"{each['spec']['group']}_{each['spec']['names']['plural']}.{output}": yaml_file(each)
        if output == "yaml"
        else rendered(each, "json")
        for each in definitions
    }
    files = {name: text.encode() for name, text in texts.items()}
    write_recorded(files, folder, flag="--output-dir", removes=False)
    for name in texts:
        say_line(f"Wrote {folder / name}")


def _print_mistakes(mistakes: "Sequence[Mistake]") -> None:
    for each in mistakes:
        say_line(f"{each.place}: {each.message}", err=True)
