"""``plugin-operator new``: writes a plugin and its test."""

import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from plugin_operator.cli.command import Command
from plugin_operator.cli.output import output_flag, print_document
from plugin_operator.cli.parameters import ExistingPath
from plugin_operator.cli.sandbox.sandbox_folder import DEFAULT_FOLDER, is_in_use
from plugin_operator.cli.terminal.messages import say
from plugin_operator.errors import UsageError

if TYPE_CHECKING:
    from plugin_operator.cli.scaffold.plan import NewPlugin

_EXAMPLES = (
    ("A plugin for ConfigMaps, in plugins/hello.py, with tests/test_hello.py", "new hello --for v1/ConfigMap"),
    ("Short names of built-in kinds work too", "new scaler --for deploy"),
    ("A new kind of your own: a class that defines it is written too", "new widget --for example.com/v1/Widget"),
    (
        "A kind that exists, whose CustomResourceDefinition is in a file",
        "new resizer --for example.com/v1/Widget --crd crds/widgets.yaml",
    ),
)


class _Kind(click.ParamType[str]):
    """Click type of a kind; the command itself checks it, because the table of kinds takes time to load."""

    name = "kind"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Return what to write."""
        del param, ctx
        return "Name the kind of its objects, as in --for v1/ConfigMap."

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Complete built-in kinds, with their versions or by their names for kubectl."""
        del ctx, param
        from plugin_operator.cli.scaffold.kinds import completed_kinds

        return [CompletionItem(name) for name in completed_kinds(incomplete)]


@click.command("new", cls=Command, examples=_EXAMPLES, short_help="Write a plugin and its test.")
@click.argument("name")
@click.option("--for", "kind", required=True, type=_Kind(), metavar="KIND", help="What the plugin reconciles.")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path, file_okay=False), default=".", show_default=True,
    help="Folder of the project: it has, or gets, plugins/ and tests/.",
)  # fmt: skip
@click.option(
    "--crd", type=ExistingPath(dir_okay=False), metavar="FILE",
    help="File with the CustomResourceDefinition of a KIND that exists.",
)  # fmt: skip
@click.option("--new-crd", "is_new", is_flag=True, help="KIND is new: write a class that defines it.")
@click.option("--plural", default="", help="Plural of a new KIND. Default: as kubebuilder makes it.")
@click.option("--cluster-scoped", is_flag=True, help="Objects of a new KIND have no namespace.")
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
@output_flag()
def command(name: str, kind: str, folder: Path, force: bool, output: str, **custom: Any) -> None:
    """Write the plugin plugins/NAME.py and its test tests/test_NAME.py. Both work as they stand.

    KIND is a built-in kind (v1/ConfigMap, deploy, apps/v1/Deployment) or a custom one (example.com/v1/Widget). The
    plugin works only on objects with the label example.com/NAME. With --new-crd, or in the group example.com, the kind
    is new: a class in the plugin defines it, and the plugin works on all its objects. A first one is in samples/.
    """
    # Imported on demand: the table of kinds takes time to load.
    from plugin_operator.cli.scaffold.existing import refuse_second_definition
    from plugin_operator.cli.writing.new_files import write_all

    plugin = _planned(name, kind, folder, **custom)
    if plugin.target.is_custom and not force:
        refuse_second_definition(folder, plugin.target.gvk)
    write_all(plugin.files(), overwrites=force)
    if output == "table":
        _print(plugin)
    else:
        print_document(_document(plugin), output)


def _planned(
    name: str, kind: str, folder: Path, *, crd: Path | None, is_new: bool, plural: str, cluster_scoped: bool
) -> "NewPlugin":
    from plugin_operator.cli.scaffold.definitions import read_definition
    from plugin_operator.cli.scaffold.kinds import target_of
    from plugin_operator.cli.scaffold.names import checked_name
    from plugin_operator.cli.scaffold.plan import Definition, NewPlugin

    checked_name(name)
    if (folder / "plugins" / name).is_dir():
        raise UsageError(f"NAME: {folder / 'plugins' / name} is a plugin of this name: choose another name")
    if crd is None:
        return NewPlugin(name, target_of(kind, plural=plural, namespaced=not cluster_scoped, is_new=is_new), folder)
    if is_new or plural or cluster_scoped:
        raise UsageError("--new-crd, --plural and --cluster-scoped are for a new kind: leave out --crd, or them")
    target, fields = read_definition(crd, kind)
    return NewPlugin(name, target, folder, Definition(crd, fields))


def _document(plugin: "NewPlugin") -> dict[str, Any]:
    gvk = plugin.target.gvk
    return {
        "name": plugin.name,
        "for": {"apiVersion": gvk.api_version, "kind": gvk.kind},
        "plugin": str(plugin.plugin),
        "test": str(plugin.test),
        "sample": str(plugin.sample) if plugin.sample is not None else None,
    }


def _print(plugin: "NewPlugin") -> None:
    program = click.get_current_context().find_root().info_name
    for path in (plugin.plugin, plugin.test, plugin.sample):
        if path is not None:
            say(f"Wrote {path}")
    file = shlex.quote(str(plugin.plugin))
    elsewhere = "" if plugin.folder == Path() else f" --plugins-dir {shlex.quote(str(plugin.plugin.parent))}"
    seed = "" if plugin.definition is None else f" --seed {shlex.quote(str(plugin.definition.path))}"
    install = "" if find_spec("pytest") else "pip install pytest && "
    say(f"\nNext:\n  {install}pytest {shlex.quote(str(plugin.test))}\n  {program} check {file}")
    if is_in_use(DEFAULT_FOLDER) and plugin.folder == Path():
        say("The sandbox that runs here loads the plugin by itself.")
    else:
        say(f"  {program} sandbox{elsewhere}{seed}")
    # Without this hint, nothing that people try in the sandbox has an effect.
    kubectl = "kubectl --kubeconfig .sandbox/kubeconfig"
    if plugin.sample is None:
        say("In another terminal, because objects without the label are left alone:")
        say(f"  {kubectl} label {plugin.target.argument} NAME {plugin.label}=on")
    else:
        say("In another terminal, a first object:")
        say(f"  {kubectl} apply -f {shlex.quote(str(plugin.sample))}")
        say(f"  {kubectl} get {plugin.target.argument}")
        say(f"For a cluster, the CustomResourceDefinition of the class:\n  {program} crd {file}")
