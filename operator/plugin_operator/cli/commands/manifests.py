"""``plugin-operator manifests``: prints all objects that a cluster needs to run a set of plugins."""

import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plugin_operator.cli.command import Command
from plugin_operator.cli.deployment.flags import own_namespace, watched_namespaces
from plugin_operator.cli.operator_flags import validate_timeout
from plugin_operator.cli.output import output_flag, print_document
from plugin_operator.cli.parameters import Processes
from plugin_operator.cli.plugin_argument import plugins_argument
from plugin_operator.cli.terminal.messages import say, say_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_operator.cli.deployment.kustomization import Deployment
    from plugin_operator.cli.deployment.placement import Placement
    from plugin_operator.cli.deployment.scale import Scale
    from plugin_operator.hosting.permissions.needs import Need

#: Components of ``manifests/components`` that a user may add.
_COMPONENTS = (
    "alerts",
    "apply-crds",
    "namespaced",
    "network-policy-egress",
    "network-policy-ingress",
    "processes",
    "secure-metrics",
    "service-monitor",
    "shard-replicas",
    "spread",
)
_MAX_REPLICAS = 2**31 - 1  # the type of the field in the API
_EXAMPLES = (
    ("Print all that deploys the plugins of a directory, for kubectl apply -f -", "manifests plugins"),
    ("Deploy one plugin with your image into a namespace of its own",
     "manifests plugins/hello.py --namespace=team-a --image=registry.example.com/team/plugin-operator:0.1.0"),
    ("Watch two namespaces: Roles in place of ClusterRoles", "manifests plugins/hello.py --watch-namespace=shop,stock"),
    ("With the definitions of the plugins' classes", "manifests plugins --include-crds"),
    ("Four worker processes for sharded controllers", "manifests plugins --replicas=1 --processes=4"),
    ("Write a kustomization to keep in Git", "manifests plugins --output-dir=deploy"),
)  # fmt: skip


@click.command("manifests", cls=Command, examples=_EXAMPLES, short_help="Print all that deploys a set of plugins.")
@plugins_argument(required=True)
@own_namespace
@click.option(
    "--image", default="plugin-operator", show_default=True, help="Image; without a tag, that of this version."
)
@click.option(
    "--replicas", type=click.IntRange(1, _MAX_REPLICAS), default=2, show_default=True,
    help="Number of replicas. One has no leader election.",
)  # fmt: skip
@click.option(
    "--processes", type=Processes(), metavar="NUMBER", default=1, show_default=True,
    help="Worker processes of a pod, for sharded controllers: with as many CPUs, and the memory that they need.",
)  # fmt: skip
@watched_namespaces
@click.option(
    "--with", "components", multiple=True, type=click.Choice(_COMPONENTS), metavar="COMPONENT",
    help=f"Add a component; may be repeated. One of {', '.join(_COMPONENTS)}.",
)  # fmt: skip
@click.option(
    "--include-crds", is_flag=True,
    help="Print the CRDs that classes define, too: to try things out, because deleting the output then deletes all "
    "objects of these kinds. Else apply what the command crd prints. Files in a folder crds are never printed.",
)  # fmt: skip
@validate_timeout
@click.option(
    "--output-dir",
    type=click.Path(path_type=Path),
    help="Write a kustomization into this directory instead. What others wrote or edited there stays.",
)
@output_flag(formats=("yaml", "json"))
def command(paths: tuple[Path, ...], output_dir: Path | None, output: str, **settings: Any) -> None:
    """Print the objects that run these plugins in a cluster, with exactly the permissions that they need.

    FILE is a plugin file, a plugin folder, or a directory of plugins. They are checked first, as "plugin-operator
    check" does; a mistake that the loader accepts is a warning. What they need must be installed here: the permissions
    come from an import. The command sends no requests to a cluster.
    """
    # Imported on demand: --help needs neither the loader nor YAML.
    from plugin_operator import logs
    from plugin_operator.cli.deployment.kustomization import check_output, write
    from plugin_operator.cli.deployment.kustomize import build
    from plugin_operator.cli.deployment.placement import placement_of
    from plugin_operator.cli.deployment.plugin_files import MAX_CLIENT_SIDE_BYTES
    from plugin_operator.cli.deployment.scale import Scale
    from plugin_operator.kube.yaml_output import yaml_stream

    if output_dir is not None and output != "yaml":
        raise click.UsageError(
            f"-o {output} is for standard output: --output-dir writes a kustomization, leave out one"
        )
    logs.configure(level="warning")
    where = (settings.pop("namespace"), settings.pop("watch_namespace") or (), settings.pop("components"))
    place, scale = placement_of(*where), Scale(settings.pop("replicas"), settings.pop("processes"))
    scale.check(place.components)
    deployment = _deployment(paths, place, scale, **settings)
    if deployment is None:
        sys.exit(1)
    if sum(len(each.content) for each in deployment.entries) > MAX_CLIENT_SIDE_BYTES * 3 // 4:
        say("Note: the plugins are large. Apply them with: kubectl apply --server-side", err=True)
    if output_dir is not None:
        check_output(deployment, output_dir)
        write(deployment, output_dir)
        say_line(f"{output_dir}: written. Apply it with: kubectl apply -k {shlex.quote(str(output_dir))}")
        return
    with tempfile.TemporaryDirectory(prefix="plugin-operator-") as folder:
        write(deployment, Path(folder))
        objects = build(Path(folder))
    if output == "json":
        print_document({"apiVersion": "v1", "kind": "List", "items": objects}, "json")
    else:
        say(yaml_stream(objects), nl=False)


def _deployment(
    paths: tuple[Path, ...],
    place: "Placement",
    scale: "Scale",
    image: str,
    include_crds: bool,
    validate_timeout_seconds: float,
) -> "Deployment | None":
    from plugin_operator.cli.deployment.accepted_plugins import accepted_plugins
    from plugin_operator.cli.deployment.image import image_fields
    from plugin_operator.cli.deployment.kustomization import Deployment
    from plugin_operator.cli.deployment.permissions import placed_roles
    from plugin_operator.cli.deployment.plugin_files import entries_of

    fields = image_fields(image)
    plugins = accepted_plugins(paths, place.namespace, timeout_seconds=validate_timeout_seconds)
    if plugins is None:
        return None
    definitions = tuple(plugins.definitions) if include_crds else ()
    if plugins.definitions and not include_crds and "apply-crds" not in place.components:
        names = ", ".join(each["metadata"]["name"] for each in plugins.definitions)
        say(
            f"Note: the definitions {names} are not included: run plugin-operator crd FILE... | kubectl apply -f -, "
            "or add --include-crds",
            err=True,
        )
    if groups := _custom_groups(plugins.needs, plugins.definitions):
        say(
            f"Note: the CustomResourceDefinitions of {', '.join(groups)} are not included: kubectl apply -f crds",
            err=True,
        )
    roles = placed_roles(plugins.needs, place.namespace, place.watched)
    place.check(roles)
    entries = entries_of(plugins.sources.values())
    return Deployment(
        place.namespace, fields, scale, place.components, place.watched, tuple(entries), tuple(roles), definitions
    )


def _custom_groups(needs: "Iterable[Need]", definitions: "Iterable[Mapping[str, Any]]") -> list[str]:
    """Return the API groups of custom kinds that no class defines: their definitions are installed apart."""
    from plugin_operator.kube import builtin_resources

    known = {(each["spec"]["group"], each["spec"]["names"]["plural"]) for each in definitions}
    builtin = {each.gvk.group for each in builtin_resources()}
    needed = {
        group
        for need in needs
        for group in need.rule.api_groups
        if not {(group, each.partition("/")[0]) for each in need.rule.resources} <= known
    }
    return sorted(needed - builtin - {"*"})
