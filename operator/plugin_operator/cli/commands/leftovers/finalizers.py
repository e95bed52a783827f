"""``plugin-operator finalizers``: lists and removes finalizers of controllers on live objects."""

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from plugin_operator.cli.cluster import chosen_cluster
from plugin_operator.cli.command import Command
from plugin_operator.cli.operator_flags import cluster_flags, search_namespaces, validate_timeout
from plugin_operator.cli.output import output_flag, print_document, print_table
from plugin_operator.cli.plugin_argument import plugins_argument
from plugin_operator.cli.terminal.messages import say, say_line
from plugin_operator.errors import PluginOperatorError, UsageError

if TYPE_CHECKING:
    from plugin_operator.cli.leftovers.live_search import Found, Search
    from plugin_operator.client import ConnectionConfig
    from plugin_operator.hosting.finalizers.live_finalizers import FinalizedObject

_EXAMPLES = (
    ("What the controllers in ./plugins have put on the objects of their kinds", "finalizers list plugins"),
    ("What a deleted plugin has left on the objects of a kind", "finalizers list --for v1/ConfigMap"),
    ("Remove it, so that deletions go through without a cleanup", "finalizers clear --for v1/ConfigMap --id copies"),
)


@click.command("finalizers", cls=Command, examples=_EXAMPLES, short_help="List or remove finalizers of controllers.")
@click.argument("action", type=click.Choice(["list", "clear"]))
@plugins_argument("[FILE]...")
@click.option(
    "--for", "kinds", multiple=True, metavar="KIND",
    help="Look at the objects of this kind, written as for kubectl or as v1/ConfigMap. Default: the kinds of the "
    "plugins in FILE.",
)  # fmt: skip
@click.option(
    "--id", "ids", multiple=True, metavar="ID",
    help="Only finalizers of the controller with this id; its name, unless it has id=. Required for clear.",
)  # fmt: skip
@search_namespaces
@click.option("--yes", is_flag=True, help="Remove without asking.")
@validate_timeout
@cluster_flags
@output_flag()
def command(action: str, paths: tuple[Path, ...], yes: bool, output: str, **given: Any) -> None:
    """List the live objects with finalizers of controllers, or remove these finalizers.

    An object with such a finalizer disappears only after the cleanup of its controller. If the plugin does not come
    back, clear removes the finalizer, and what the controller has made stays behind.

    Exits with 0, with 1 if a kind could not be read or a finalizer not be removed, 2 for wrong usage.
    """
    from plugin_operator.cli.leftovers.live_search import Search, search

    if action == "clear" and not given["ids"]:
        raise UsageError("clear needs --id: name the controller whose finalizers are to be removed")
    kinds, loaded_ids = _kinds_and_ids(paths, given)
    wanted = Search(kinds, given["ids"], given["namespaces"])
    config = chosen_cluster(given["kubeconfig"], given["context"])
    every = search(config, replace(wanted, ids=()))
    found = every.of(wanted)
    if wanted.ids and not found.objects and not found.problems:
        say(_none_of(wanted.ids, every.ids()), err=True)
    elif action == "list" and (note := _note(found, kinds, loaded_ids if paths else None)):
        say(note, err=True)
    if action == "clear" and found.objects:
        if not yes:
            _print(found, wanted, "table")
            _confirm(len(found.objects), config.host)
        found = _clear(config, wanted)
    elif action == "list":
        _print(found, wanted, output)
    for problem in found.problems:
        say_line(f"Error: {problem}", err=True)
    sys.exit(1 if found.problems or (action == "clear" and found.objects) else 0)


def _kinds_and_ids(paths: tuple[Path, ...], given: dict[str, Any]) -> tuple[list[Any], frozenset[str]]:
    """Return where to look, and the current and former ids of the controllers in the plugins."""
    # Imported on demand: the loader imports asyncio and the author-facing package, which --help does not need.
    from plugin_operator import logs
    from plugin_operator.cli.leftovers.loaded_controllers import controllers_of
    from plugin_operator.cli.plugin_paths import has_no_python
    from plugin_operator.cli.scaffold.kinds import kind_of

    if not paths and not given["kinds"]:
        raise UsageError("name kinds with --for v1/ConfigMap, or plugin files or their directory")
    kinds = [kind_of(each) if "/" in each else each for each in given["kinds"]]
    logs.configure(level="warning")
    # With --for, a directory whose last plugin was deleted has no controllers; without it, there is no kind to look at.
    known = [each for each in paths if not (kinds and has_no_python(each))]
    loaded = controllers_of(known, given["validate_timeout_seconds"])
    if loaded.mistakes:
        for mistake in loaded.mistakes:
            say_line(f"{mistake.place}: {mistake.message}", err=True)
        way_out = "leave it out, because --for names the kinds" if kinds else "name its kinds with --for"
        raise PluginOperatorError(f"a plugin cannot be loaded: {way_out}")
    kinds += (each.for_ for each in loaded.controllers if each.for_ is not None)
    return list(dict.fromkeys(kinds)), frozenset(known for each in loaded.controllers for known in each.ids)


def _note(found: "Found", kinds: Sequence[Any], known: Collection[str] | None) -> str:
    """Return what the list does not show: where nothing was found, or ids that none of the plugins has."""
    if not found.objects and not found.problems:
        return f"No finalizers of controllers found on {', '.join(map(str, kinds))}; --for names other kinds"
    lost = [each for each in found.ids() if each not in known] if known is not None else []
    if not lost:
        return ""
    return (
        f"no given plugin has a controller with the id {' or '.join(map(repr, lost))}: unless another operator "
        "has it, write renamed_from= in its successor, or remove its finalizers with clear"
    )


def _none_of(ids: Collection[str], known: Sequence[str]) -> str:
    asked = " or ".join(map(repr, ids))
    there = f"the ids are {', '.join(map(repr, known))}" if known else "they have none of any controller"
    return f"no object has a finalizer with the id {asked}: {there}"


def _confirm(count: int, host: str) -> None:
    noun = "object" if count == 1 else "objects"
    if not sys.stdin.isatty():
        raise UsageError("clear removes nothing without an answer: add --yes")
    click.confirm(f"Remove the finalizers of {count} {noun} at {host} without a cleanup?", abort=True, err=True)


def _clear(config: "ConnectionConfig", wanted: "Search") -> "Found":
    from plugin_operator.cli.leftovers.live_search import clear

    def report(obj: "FinalizedObject") -> None:
        say(f"{obj.kind} {obj.key}: finalizer removed")

    return clear(config, wanted, report)


def _print(found: "Found", wanted: "Search", output: str) -> None:
    from plugin_operator.cli.leftovers.live_search import id_of

    rows = [(each, name) for each in found.objects for name in each.finalizers if wanted.matches(name)]
    if output == "table":
        cells = [
            (str(each.kind), each.key.namespace, each.key.name, id_of(name), name, "yes" if each.is_deleted else "no")
            for each, name in rows
        ]
        print_table(("KIND", "NAMESPACE", "NAME", "ID", "FINALIZER", "DELETING"), cells)
        return
    documents = [
        {
            "kind": str(each.kind),
            "namespace": each.key.namespace,
            "name": each.key.name,
            "id": id_of(name),
            "finalizer": name,
            "isDeleted": each.is_deleted,
        }
        for each, name in rows
    ]
    print_document({"finalizers": documents, "problems": list(found.problems)}, output)
