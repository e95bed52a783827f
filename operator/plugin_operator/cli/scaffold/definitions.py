"""The CustomResourceDefinition of a kind that exists already, from a file."""

from pathlib import Path
from typing import Any

from plugin_operator.cli.manifest_files import read_manifests
from plugin_operator.cli.scaffold.kinds import TargetKind, checked_custom, checked_plural
from plugin_operator.cli.scaffold.samples import fields_from_schema
from plugin_operator.errors import UsageError

_KIND = "CustomResourceDefinition"


def read_definition(path: Path, text: str) -> tuple[TargetKind, dict[str, Any]]:
    """Return the kind ``text`` as the definition in a file describes it, and the fields that its objects need.

    Args:
        path: file with one or several objects, among them the definition.
        text: a kind with its version, or the kind or plural alone, which then has the version that is stored.

    Raises:
        UsageError: the file cannot be read, or does not define the kind.
    """
    known: list[str] = []
    for each in read_manifests([path], "--crd"):
        spec: Any = each.obj.get("spec") if each.obj["kind"] == _KIND else {"versions": ()}
        try:
            for version in _versions(spec):
                target = _target(spec, version)
                known.append(str(target.gvk))
                if text in {str(target.gvk), *_names(spec["names"])}:
                    return target, fields_from_schema(version["schema"]["openAPIV3Schema"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UsageError(f"--crd: {path} has a CustomResourceDefinition with a mistake near {error}") from error
    has = f"defines {', '.join(known)}" if known else "has no CustomResourceDefinition"
    raise UsageError(f"--crd: {path} does not define {text!r}: it {has}")


def _versions(spec: Any) -> list[dict[str, Any]]:
    """Return the served versions, the stored one first: a kind without version means it."""
    return sorted((each for each in spec["versions"] if each.get("served")), key=lambda each: not each.get("storage"))


def _names(names: dict[str, Any]) -> set[str]:
    return {str(names["kind"]), str(names["plural"]), *map(str, names.get("shortNames") or ())}


def _target(spec: dict[str, Any], version: dict[str, Any]) -> TargetKind:
    """Return the kind of a version. Its names become code, so none but proper ones pass."""
    names = spec["names"]
    gvk = checked_custom(f"{spec['group']}/{version['name']}/{names['kind']}", "--crd")
    return TargetKind(gvk, checked_plural(names["plural"], "--crd"), spec.get("scope") != "Cluster")
