"""The values of the chart: their defaults, which stand in the manifests, and their description.

Owns ``values.yaml``, its JSON schema and the table of the docs, which all come from ``source/values.yaml``.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from manifests.helm import flags
from manifests.helm.base import Object, at, one
from manifests.helm.deployment import free_arguments
from manifests.helm.emit import mapping
from manifests.helm.objects import Sources

SOURCE = Path(__file__).parent / "source"
_REFERENCE = re.compile(r"\$\{([\w.]+)\}")
_KEY = re.compile(r"( *)([\w]+):(.*)")


def facts(sources: Sources) -> dict[str, Any]:
    """Return the parts of the manifests that are defaults of values."""
    deployment = one(sources.default, "Deployment")
    pod = at(deployment, "spec.template.spec")
    (container,) = pod["containers"]
    repository, _, _ = container["image"].partition(":")
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    return {
        "deployment": deployment,
        "pod": pod,
        "container": container,
        "image": {"repository": repository},
        "flags": free_arguments(container),
        "metricsPort": ports["metrics"],
        "probesPort": ports["probes"],
        "spread": _spread(deployment),
        "haSpread": _spread(one(sources.highly_available, "Deployment")),
        "tmp": next(volume for volume in pod["volumes"] if volume["name"] == "tmp"),
        "budget": one(sources.default, "PodDisruptionBudget"),
        "ingress": one(sources.added, "NetworkPolicy", "ingress"),
        "egress": one(sources.added, "NetworkPolicy", "egress"),
        "claim": one(sources.claimed, "PersistentVolumeClaim"),
        **_git_sync(sources),
    }


def _git_sync(sources: Sources) -> dict[str, Any]:
    config = next(obj for obj in sources.git_sync if obj["kind"] == "ConfigMap")
    pod = at(one(sources.git_sync, "Deployment"), "spec.template.spec")
    (container,) = pod["initContainers"]
    (period,) = (word.partition("=")[2] for word in container["args"] if word.startswith("--period="))
    folder = config["data"]["PLUGINS_DIR"].removeprefix("/plugins/current/")
    return {
        "gitSyncConfig": config,
        "gitSync": {"container": container, "period": period, "folder": folder, "volume": pod["volumes"][0]},
    }


def _spread(deployment: Object) -> list[Object]:
    """Return the constraints without their selector, which is that of the Deployment."""
    constraints: list[Object] = at(deployment, "spec.template.spec.topologySpreadConstraints")
    for constraint in constraints:
        if constraint.pop("labelSelector") != at(deployment, "spec.selector"):
            raise LookupError("a constraint of spreading has another selector than the Deployment")
    return constraints


def filled(text: str, known: dict[str, Any]) -> str:
    """Return ``text`` with each ``${path}`` replaced by that part of the manifests, as YAML."""
    lines: list[str] = []
    for line in text.splitlines():
        found = _REFERENCE.search(line)
        if not found:
            lines.append(line)
            continue
        indent = len(line) - len(line.lstrip())
        key = line.strip().partition(":")[0]
        lines += [" " * indent + part for part in mapping({key: at(known, found[1])})]
    return "\n".join(lines) + "\n"


def descriptions() -> Iterator[tuple[str, str]]:
    """Yield each value of the source, as ``image.repository``, with the comment above it."""
    comment: list[str] = []
    path: list[str] = []
    for line in (SOURCE / "values.yaml").read_text().splitlines():
        text = line.strip()
        if text.startswith("#"):
            comment.append(text.removeprefix("# "))
        elif match := _KEY.fullmatch(line):
            path = [*path[: len(match[1]) // 2], match[2]]
            if match[3].strip() or comment:
                yield ".".join(path), " ".join(comment)
            comment = []
        else:
            comment = []


def schema(values: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of all values; draft 7, which every helm 3 knows."""
    special = yaml.safe_load((SOURCE / "schema.yaml").read_text())
    known = dict(descriptions())
    used: set[str] = set()
    made = _object(values, "", known, special, used)
    if unused := special.keys() - used:
        raise LookupError(f"schema.yaml has values that values.yaml has not: {sorted(unused)}")
    made["properties"]["global"] = {"type": "object", "description": "Values of a parent chart; not used."}
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "plugin-operator", **made}


def _object(
    values: dict[str, Any], prefix: str, known: dict[str, str], special: dict[str, Any], used: set[str]
) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for key, value in values.items():
        path = f"{prefix}{key}"
        if path in special:
            used.add(path)
            node = dict(special[path])
            if "$duration" in node:
                node = dict(flags.DURATION)
            if "$flags" in node:
                node = flags.schema()
        elif isinstance(value, dict) and any(name.startswith(f"{path}.") for name in known):
            node = _object(value, f"{path}.", known, special, used)
        else:
            node = {"type": _type(path, value)}
        description = known.get(path)
        properties[key] = {**node, "description": description} if description else node
    needed = [key for key, value in values.items() if _is_needed(value, properties[key])]
    return {"type": "object", "additionalProperties": False, "required": needed, "properties": properties}


def _is_needed(value: Any, node: dict[str, Any]) -> bool:
    """A group and a scalar with a default cannot be set to null, which takes the default away."""
    if "properties" in node and isinstance(value, dict):
        return "required" in node
    return not isinstance(value, dict | list) and value not in ("", None) and "null" not in node.get("type", "")


def _type(path: str, value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case str():
            return "string"
        case int():
            return "integer"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            raise LookupError(f"{path} has no type: give it one in schema.yaml")


def table(values: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the table of values: name, default, description."""
    yield "| value | default | |"
    yield "|---|---|---|"
    for path, description in descriptions():
        value = at(values, path)
        if isinstance(value, dict) and any(name.startswith(f"{path}.") for name, _ in descriptions()):
            continue
        yield f"| `{path}` | {_default(value)} | {description} |"


def _default(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    text = value if isinstance(value, str) else yaml.safe_dump(value, default_flow_style=True, width=10**9)
    text = text.removesuffix("\n").removesuffix("\n...")
    return f"`{text}`" if len(text) <= 40 else "as in the manifests"
