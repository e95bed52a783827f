"""``plugin-operator manifests``: prints all objects that a cluster needs to run a set of plugins."""

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plugin_operator.cli.command import Command
from plugin_operator.cli.operator_flags import validate_timeout
from plugin_operator.cli.output import output_flag, print_document
from plugin_operator.cli.parameters import Namespaces

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_operator.cli.deployment.kustomization import Deployment
    from plugin_operator.hosting.permissions.needs import Need

#: Components of ``manifests/components`` that a user may add.
_COMPONENTS = (
    "alerts",
    "namespaced",
    "network-policy-egress",
    "network-policy-ingress",
    "secure-metrics",
    "service-monitor",
    "spread",
)
_EXAMPLES = (
    ("Print all that deploys the plugins of a directory, for kubectl apply -f -", "manifests plugins"),
    ("Deploy one plugin with your image into a namespace of its own",
     "manifests hello.py --namespace=team-a --image=registry.example.com/team/plugin-operator:0.1.0"),
    ("Watch two namespaces: Roles in place of ClusterRoles", "manifests hello.py --watch-namespace=shop,stock"),
    ("Write a kustomization to keep in Git", "manifests plugins --output-dir=deploy"),
)  # fmt: skip


@click.command("manifests", cls=Command, examples=_EXAMPLES, short_help="Print all that deploys a set of plugins.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE...")
@click.option(
    "--namespace", type=Namespaces(), default="plugin-operator-system", show_default=True,
    help="Namespace of the operator.",
)  # fmt: skip
@click.option(
    "--image", default="plugin-operator", show_default=True, help="Image; without a tag, that of this version."
)
@click.option(
    "--replicas", type=click.IntRange(min=1), default=2, show_default=True,
    help="Number of replicas. One has no leader election.",
)  # fmt: skip
@click.option("--watch-namespace", type=Namespaces(), help="Comma-separated namespaces to watch. Unset watches all.")
@click.option(
    "--with", "components", multiple=True, type=click.Choice(_COMPONENTS), metavar="COMPONENT",
    help=f"Add a component; may be repeated. One of {', '.join(_COMPONENTS)}.",
)  # fmt: skip
@validate_timeout
@click.option(
    "--output-dir", type=click.Path(path_type=Path), help="Write a kustomization into this directory instead."
)
@output_flag(formats=("yaml", "json"))
def command(paths: tuple[Path, ...], output_dir: Path | None, output: str, **settings: Any) -> None:
    """Print the objects that run these plugins in a cluster, with exactly the permissions that they need.

    FILE is a plugin file, a plugin folder, or a directory of plugins. They are checked first, as "plugin-operator
    validate" does. The command sends no requests to a cluster.
    """
    # Imported on demand: --help needs neither the loader nor YAML.
    from plugin_operator import logs
    from plugin_operator.cli.deployment.kustomization import check_output, write
    from plugin_operator.cli.deployment.kustomize import build
    from plugin_operator.cli.deployment.plugin_files import MAX_CLIENT_SIDE_BYTES
    from plugin_operator.cli.deployment.yaml_text import yaml_stream

    logs.configure(level="warning")
    deployment = _deployment(paths, **settings)
    if deployment is None:
        sys.exit(1)
    if sum(len(each.content) for each in deployment.entries) > MAX_CLIENT_SIDE_BYTES * 3 // 4:
        click.echo("Note: the plugins are large. Apply them with: kubectl apply --server-side", err=True)
    if output_dir is not None:
        check_output(deployment, output_dir)
        write(deployment, output_dir)
        click.echo(f"{output_dir}: written. Apply it with: kubectl apply -k {output_dir}")
        return
    with tempfile.TemporaryDirectory(prefix="plugin-operator-") as folder:
        write(deployment, Path(folder))
        objects = build(Path(folder))
    if output == "json":
        print_document({"apiVersion": "v1", "kind": "List", "items": objects}, "json")
    else:
        click.echo(yaml_stream(objects), nl=False)


def _deployment(
    paths: tuple[Path, ...],
    namespace: tuple[str, ...],
    image: str,
    replicas: int,
    watch_namespace: tuple[str, ...] | None,
    components: tuple[str, ...],
    validate_timeout_seconds: float,
) -> "Deployment | None":
    from plugin_operator.cli.deployment.accepted_plugins import accepted_plugins
    from plugin_operator.cli.deployment.image import image_fields
    from plugin_operator.cli.deployment.kustomization import Deployment
    from plugin_operator.cli.deployment.permissions import placed_roles
    from plugin_operator.cli.deployment.placement import placement_of
    from plugin_operator.cli.deployment.plugin_files import entries_of

    place = placement_of(namespace, watch_namespace or (), components)
    fields = image_fields(image)
    plugins = accepted_plugins(paths, place.namespace, timeout_seconds=validate_timeout_seconds)
    if plugins is None:
        return None
    if groups := _custom_groups(plugins.needs):
        click.echo(
            f"Note: the CustomResourceDefinitions of {', '.join(groups)} are not included: kubectl apply -f crds",
            err=True,
        )
    roles = placed_roles(plugins.needs, place.namespace, place.watched)
    place.check(roles)
    entries = entries_of(plugins.sources.values())
    return Deployment(place.namespace, fields, replicas, place.components, place.watched, tuple(entries), tuple(roles))


def _custom_groups(needs: "Iterable[Need]") -> list[str]:
    """Return the API groups of custom kinds, whose definitions are installed apart."""
    from plugin_operator.kube import builtin_resources

    builtin = {each.gvk.group for each in builtin_resources()}
    return sorted({group for need in needs for group in need.rule.api_groups} - builtin - {"*"})
