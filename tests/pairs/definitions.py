"""The definitions of both sides: controller-gen's as committed, ours from the classes."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from plugin_operator.kube.definitions import crds_of, find_definition, record_of
from tests.pairs.python import lists, numbers, presence, resources, rules, special, strings

HERE = Path(__file__).parent
GENERATED = HERE / "crds"
GO_GROUP = "go.pairs.example.com"
PYTHON_GROUP = "py.pairs.example.com"


@cache
def of_go() -> dict[str, dict[str, Any]]:
    """Return the definitions that controller-gen wrote, by kind."""
    found = (yaml.safe_load(file.read_text()) for file in sorted(GENERATED.glob("*.yaml")))
    return {definition["spec"]["names"]["kind"]: definition for definition in found}


@cache
def of_python() -> dict[str, dict[str, Any]]:
    """Return the definitions of the classes, by kind."""
    found, rejections = crds_of(map(record_of, filter(None, map(find_definition, _classes()))))
    assert rejections == []
    return {definition["spec"]["names"]["kind"]: definition for definition in found}


def _classes() -> Iterator[type]:
    for module in (lists, numbers, presence, resources, rules, special, strings):
        yield from (each for each in vars(module).values() if isinstance(each, type))


def normalised(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition without what the two sides write in different ways and mean alike.

    - the group, in names; controller-gen's annotation with its version
    - descriptions: the definitions of Go are generated without
    - the order of ``required``, ``enum`` and rules, and of versions
    - an empty ``subresources``, which controller-gen writes beside printer columns
    """
    spec = definition["spec"]
    versions = sorted((_version(each) for each in spec["versions"]), key=lambda each: str(each["name"]))
    return {**spec, "group": "", "versions": versions}


def _version(version: dict[str, Any]) -> dict[str, Any]:
    return {key: _schema(value) if key == "schema" else value for key, value in version.items() if value != {}}


def _schema(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        texts = () if key == "properties" else ("description",)
        return {name: _schema(each, name) for name, each in value.items() if name not in texts}
    if isinstance(value, list) and key in ("required", "enum", "x-kubernetes-validations"):
        return sorted((_schema(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return [_schema(each) for each in value] if isinstance(value, list) else value
