"""A kustomization of the shipped base, the files of plugins and their roles.

Owns what its files say. Leaves writing them again to ``writing``, and the build to kubectl, or to ``kustomize``.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from plugin_operator.cli.deployment.permissions import PlacedRole, event_roles
from plugin_operator.cli.deployment.plugin_files import Entry, items_of
from plugin_operator.cli.deployment.scale import Scale
from plugin_operator.cli.deployment.shipped import FOLDERS, shipped_manifests
from plugin_operator.cli.writing.recorded_folder import write_recorded
from plugin_operator.errors import UsageError
from plugin_operator.kube.yaml_output import yaml_file, yaml_stream

_MARK = "# Written by plugin-operator manifests, which replaces this file: set more in a kustomization that lists it.\n"
#: Namespaces that kubectl's kustomize writes into subjects without quotes, where YAML reads no text.
_NOT_TEXT = re.compile(r"[0-9]+(?:e[0-9]+)?|0x[0-9a-f]+|0o[0-7]+|0b[01]+|null|true|false|yes|no|on|off|y|n")
_API = "kustomize.config.k8s.io"
_FILE = "kustomization.yaml"
#: Components that change what others bring, and so come last.
_LAST = ("apply-crds", "secure-metrics", "roles", "namespaced")


class Deployment(msgspec.Struct, frozen=True):
    """What to deploy.

    Attributes:
        namespace: namespace of the operator.
        image: fields of kustomize's ``images``.
        scale: number of replicas and of worker processes.
        components: names of components of ``manifests/components``.
        watched: namespaces that the operator watches; empty for all.
        entries: files of the plugins.
        roles: roles of the plugins.
        definitions: CustomResourceDefinitions of the plugins.
    """

    namespace: str
    image: dict[str, str]
    scale: Scale
    components: tuple[str, ...]
    watched: tuple[str, ...]
    entries: tuple[Entry, ...]
    roles: tuple[PlacedRole, ...]
    definitions: tuple[Mapping[str, Any], ...] = ()


def write(deployment: Deployment, folder: Path) -> None:
    """Write the kustomization into ``folder``, which is new, empty, or one that this function wrote.

    Raises:
        UsageError: the folder has files of someone else, or some that were edited, or cannot be written.
    """
    write_recorded(files_of(deployment), folder, flag="--output-dir")


def files_of(deployment: Deployment) -> dict[str, bytes]:
    """Return the files of the kustomization, by POSIX path."""
    outside = _outside(deployment)
    files = _operator_files(deployment)
    if not outside:
        return files
    # The namespace of a kustomization holds for all its objects. Those of other namespaces are beside it.
    fields = {"resources": ["operator", "roles.yaml"], "components": ["operator/components/labels"]}
    return {
        **{f"operator/{path}": content for path, content in files.items()},
        "roles.yaml": yaml_stream(outside).encode(),
        _FILE: _kustomization(fields),
    }


def check_output(deployment: Deployment, folder: Path) -> None:
    """Check that kubectl can build what ``write`` puts into ``folder`` for a user.

    Raises:
        UsageError: the namespace looks like a number or a boolean.
    """
    if _NOT_TEXT.fullmatch(deployment.namespace):
        raise UsageError(
            f"--output-dir {folder}: --namespace {deployment.namespace} looks like another type in YAML, and kustomize "
            "does not quote it: name another, or leave out --output-dir"
        )


def _outside(deployment: Deployment) -> list[dict[str, Any]]:
    """Return the roles that ``namespace:`` of the operator's kustomization would move, or must not reach."""
    others = [each for role in deployment.roles if _is_outside(role, deployment) for each in role.objects]
    return event_roles(deployment.namespace, deployment.watched) + others


def _inside(deployment: Deployment) -> list[dict[str, Any]]:
    return [each for role in deployment.roles if not _is_outside(role, deployment) for each in role.objects]


def _is_outside(role: PlacedRole, deployment: Deployment) -> bool:
    if not role.namespace:  # a ClusterRole
        return bool(deployment.watched)
    return role.namespace != deployment.namespace


def _operator_files(deployment: Deployment) -> dict[str, bytes]:
    shipped = shipped_manifests()
    found = {
        path.relative_to(shipped).as_posix(): path.read_bytes()
        for name in FOLDERS
        for path in sorted((shipped / name).rglob("*"))
        if path.is_file()
    }
    plugins = {f"plugins/{each.file}": each.content for each in deployment.entries}
    lists = {"crds.yaml": deployment.definitions, "rbac.yaml": _inside(deployment)}
    written = {name: yaml_stream(objects).encode() for name, objects in lists.items() if objects}
    return {**found, **plugins, **written, _FILE: _kustomization(_fields(deployment, ["base", *written]))}


def _fields(deployment: Deployment, resources: list[str]) -> dict[str, Any]:
    chosen = dict.fromkeys([*deployment.scale.components, *deployment.components])
    components = [*(name for name in chosen if name not in _LAST), *(name for name in _LAST if name in chosen)]
    config_map = {
        "name": "plugin-operator-plugins",
        "files": [f"{each.key}=plugins/{each.file}" for each in deployment.entries],
        "options": {"disableNameSuffixHash": True, "labels": {"app.kubernetes.io/component": "plugins"}},
    }
    fields = {
        "namespace": deployment.namespace,
        "resources": resources,
        "configMapGenerator": [config_map],
        "components": [f"components/{name}" for name in (*components, "labels")],
        "patches": _patches(deployment),
        "images": [{"name": "plugin-operator", **deployment.image}] if deployment.image else [],
        "replicas": [{"name": "plugin-operator", "count": deployment.scale.replicas}],
        "transformers": ["names"],
    }
    return {name: value for name, value in fields.items() if value}


def _patches(deployment: Deployment) -> list[dict[str, Any]]:
    """Return the patch of the Deployment for files in folders, watched namespaces and workers; empty for none."""
    pod = "/spec/template/spec"
    operations = deployment.scale.operations()
    if items := items_of(deployment.entries):
        operations.append({"op": "test", "path": f"{pod}/volumes/0/name", "value": "plugins"})
        operations.append({"op": "add", "path": f"{pod}/volumes/0/configMap/items", "value": items})
    if deployment.watched and "namespaced" not in deployment.components:
        variable = {"name": "WATCH_NAMESPACE", "value": ",".join(deployment.watched)}
        operations.append({"op": "add", "path": f"{pod}/containers/0/env/-", "value": variable})
    target = {"group": "apps", "kind": "Deployment", "name": "plugin-operator"}
    return [{"target": target, "patch": yaml_file(operations)}] if operations else []


def _kustomization(fields: dict[str, Any]) -> bytes:
    return (_MARK + yaml_file({"apiVersion": f"{_API}/v1beta1", "kind": "Kustomization", **fields})).encode()
