"""A build of the kustomizations that ship with the operator, without kubectl.

Owns the few fields of kustomize that these use; ``kubectl kustomize`` builds the same objects from them. Another field
is an error, so that none is ignored.
"""

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonpatch
import yaml

from go_regexp import compile_pattern

Object = dict[str, Any]

_CLUSTER_WIDE = ("Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding")
#: kubectl prints objects in the order in which others need them; further kinds come last.
_ORDER = (
    "Namespace",
    "CustomResourceDefinition",
    "ServiceAccount",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Service",
    "Deployment",
)


def build(folder: Path) -> list[Object]:
    """Return the objects of a kustomization, in the order in which kubectl applies them.

    Raises:
        ValueError: a kustomization uses a field or a form that only kubectl knows.
    """
    return in_order(_accumulate(folder, []))


def in_order(objects: Iterable[Object]) -> list[Object]:
    """Return objects in the order in which others need them."""

    def key(each: Object) -> tuple[int, str, str, str]:
        kind, metadata = each["kind"], each["metadata"]
        number = _ORDER.index(kind) if kind in _ORDER else len(_ORDER)
        return (number, kind, metadata.get("namespace", ""), metadata["name"])

    return sorted(objects, key=key)


def _accumulate(folder: Path, objects: list[Object]) -> list[Object]:
    """Add a kustomization to ``objects``: those of its parent for a component, else none."""
    fields = _read(folder / "kustomization.yaml")
    for name in fields.pop("resources", ()):
        path = folder / name
        objects += _accumulate(path, []) if path.is_dir() else yaml.safe_load_all(path.read_text("utf-8"))
    objects += [_config_map(folder, each) for each in fields.pop("configMapGenerator", ())]
    for name in fields.pop("components", ()):
        objects = _accumulate(folder / name, objects)
    for each in fields.pop("patches", ()):
        objects = _patch(objects, **each)
    _set_namespace(objects, fields.pop("namespace", None))
    for each in fields.pop("labels", ()):
        _label(objects, **each)
    for each in fields.pop("replicas", ()):
        _scale(objects, **each)
    for each in fields.pop("images", ()):
        _set_image(objects, **each)
    for name in fields.pop("transformers", ()):
        for transformer in _accumulate(folder / name, []):
            _replace(objects, transformer["replacements"])
    if fields:
        raise ValueError(f"{folder}: unknown fields {sorted(fields)}")
    return objects


def _read(path: Path) -> dict[str, Any]:
    fields: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    del fields["apiVersion"], fields["kind"]
    return fields


def _config_map(folder: Path, generator: Mapping[str, Any]) -> Object:
    options = generator["options"]
    if options.get("disableNameSuffixHash") is not True or "literals" in generator:
        raise ValueError(f"{folder}: the ConfigMap {generator['name']} needs files and a name without a hash")
    made: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generator["name"]}}
    made["metadata"]["labels"] = dict(options["labels"])
    for entry in generator["files"]:
        key, _, path = entry.rpartition("=")
        content = (folder / path).read_bytes()
        try:
            made.setdefault("data", {})[key or Path(path).name] = content.decode()
        except UnicodeDecodeError:
            made.setdefault("binaryData", {})[key or Path(path).name] = base64.b64encode(content).decode()
    return made


def _patch(
    objects: list[Object], target: Mapping[str, str], patch: str, options: Mapping[str, Any] | None = None
) -> list[Object]:
    del options  # a patch may change the kind
    operations = yaml.safe_load(patch)
    chosen = [each for each in objects if _matches(each, target)]
    if isinstance(operations, dict):
        if operations.get("$patch") != "delete":
            raise ValueError(f"the patch of {dict(target)} must be a JSON patch")
        return [each for each in objects if not any(each is other for other in chosen)]
    for each in chosen:
        jsonpatch.apply_patch(each, operations, in_place=True)
    return objects


def _matches(each: Object, target: Mapping[str, str]) -> bool:
    group, _, version = each["apiVersion"].rpartition("/")
    facts = {"group": group, "version": version, "kind": each["kind"], "name": each["metadata"]["name"]}
    return all(compile_pattern(f"^(?:{wanted})$").matches(facts[field]) for field, wanted in target.items())


def _set_namespace(objects: Iterable[Object], namespace: str | None) -> None:
    if namespace is None:
        return
    for each in objects:
        if each["kind"] == "Namespace":
            each["metadata"]["name"] = namespace
        elif each["kind"] not in _CLUSTER_WIDE:
            each["metadata"]["namespace"] = namespace
        for subject in each.get("subjects", ()):
            subject["namespace"] = namespace


def _label(objects: Iterable[Object], pairs: Mapping[str, str], includeTemplates: bool = False) -> None:  # noqa: N803
    for each in objects:
        holders = [each] + ([each["spec"]["template"]] if includeTemplates and each["kind"] == "Deployment" else [])
        for holder in holders:
            holder["metadata"].setdefault("labels", {}).update(pairs)


def _scale(objects: Iterable[Object], name: str, count: int) -> None:
    for each in objects:
        if each["kind"] == "Deployment" and each["metadata"]["name"] == name:
            each["spec"]["replicas"] = count


def _set_image(
    objects: Iterable[Object],
    name: str,
    newName: str = "",  # noqa: N803
    newTag: str = "",  # noqa: N803
    digest: str = "",
) -> None:
    for each in objects:
        if each["kind"] != "Deployment":
            continue
        for container in each["spec"]["template"]["spec"]["containers"]:
            present, _, tag = container["image"].partition(":")
            if present == name:
                suffix = f"@{digest}" if digest else f":{newTag or tag}"
                container["image"] = (newName or name) + suffix


def _replace(objects: list[Object], replacements: Iterable[Mapping[str, Any]]) -> None:
    for each in replacements:
        wanted = each["source"]
        (source,) = (obj for obj in objects if _matches(obj, {"kind": wanted["kind"], "name": wanted["name"]}))
        value = _at(source, wanted["fieldPath"])
        for target in each["targets"]:
            for obj in (obj for obj in objects if _matches(obj, target["select"])):
                for path in target["fieldPaths"]:
                    _set_part(obj, path, value, **target["options"])


def _at(value: Any, path: str) -> Any:
    for field in path.split("."):
        value = value[field]
    return value


def _set_part(obj: Object, path: str, value: str, delimiter: str, index: int) -> None:
    parent, _, field = path.rpartition(".")
    holder = _at(obj, parent)
    parts = holder[field].split(delimiter)
    parts[index] = value
    holder[field] = delimiter.join(parts)
