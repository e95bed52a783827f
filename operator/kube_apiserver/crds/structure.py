"""Validation that a CRD schema is structural: every field has a type, and value validations add no structure.

Rules and messages follow apiextensions-apiserver's ``pkg/apiserver/schema/validation.go`` and ``complete.go``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from go_regexp import PatternError, compile_pattern
from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause

Raw = Mapping[str, Any]
_X = "x-kubernetes-"
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
_ROOT, _ITEM, _FIELD = "at the root", "for specified array items", "for specified object fields"
# Keywords that are forbidden inside value validations (allOf, anyOf, oneOf, not), and the value they must have.
_FORBIDDEN = (
    ("type", "empty"),
    ("additionalProperties", "undefined"),
    ("default", "undefined"),
    ("title", "empty"),
    ("description", "empty"),
    ("nullable", "false"),
    (f"{_X}preserve-unknown-fields", "false"),
    (f"{_X}embedded-resource", "false"),
    (f"{_X}int-or-string", "false"),
    (f"{_X}list-map-keys", "empty"),
    (f"{_X}list-type", "undefined"),
    (f"{_X}map-type", "undefined"),
    (f"{_X}validations", "empty"),
)
_IMPLICIT = "must not specify anything other than name and generateName, but metadata is implicitly specified"
_NOTHING_EMBEDDED = (
    "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
)


def structural_causes(schema: Raw, path: str) -> list[Cause]:
    """Return why the ``openAPIV3Schema`` at ``path`` is not structural, empty if it is."""
    causes = [*_node(schema, _ROOT, path), *_complete(schema, schema, path, path)]
    return sorted(causes, key=lambda cause: f"{cause.field}: {cause.message}")


def _node(schema: Raw, level: str, path: str) -> Iterator[Cause]:
    kind, items, properties = schema.get("type"), schema.get("items"), schema.get("properties") or {}
    if kind == "array" and items is None:
        yield messages.required(f"{path}.items", "must be specified")
    if isinstance(items, Mapping):
        yield from _node(items, _ITEM, f"{path}.items")
    for name, member in properties.items():
        yield from _node(member, _FIELD, f"{path}.properties[{name}]")
    additional = schema.get("additionalProperties")
    if additional is not None and level == _ROOT:
        yield messages.forbidden(f"{path}.additionalProperties", "must not be used at the root")
    if isinstance(additional, Mapping):
        yield from _node(additional, _FIELD, f"{path}.additionalProperties")
    yield from _extensions(schema, level, path)
    int_or_string_first = any(_is_int_or_string(branch) for branch in (schema.get("allOf") or ())[:1])
    yield from _restrictions(schema, path, skip_any=_is_int_or_string(schema), skip_first=int_or_string_first)
    if level == _ROOT or schema.get(f"{_X}embedded-resource"):
        yield from _type_meta_causes(properties, level, path)


def _is_int_or_string(schema: Raw) -> bool:
    return bool(schema.get("anyOf") == _INT_OR_STRING)


def _extensions(schema: Raw, level: str, path: str) -> Iterator[Cause]:
    kind = schema.get("type")
    either, keeps = schema.get(f"{_X}int-or-string"), schema.get(f"{_X}preserve-unknown-fields")
    embedded = schema.get(f"{_X}embedded-resource")
    for name, value in (("preserve-unknown-fields", keeps), ("embedded-resource", embedded)):
        if either and value:
            yield messages.invalid(f"{path}.{_X}{name}", value, "must be false if x-kubernetes-int-or-string is true")
    if embedded and kind != "object":
        detail = "must be object if x-kubernetes-embedded-resource is true"
        yield messages.invalid(f"{path}.type", kind, detail) if kind else messages.required(f"{path}.type", detail)
    elif not kind and not either and not keeps:
        yield messages.required(f"{path}.type", f"must not be empty {level}")
    if embedded and schema.get("additionalProperties") is not None:
        detail = "must not be used if x-kubernetes-embedded-resource is set"
        yield messages.forbidden(f"{path}.additionalProperties", detail)
    if level == _ROOT and kind and kind != "object":
        yield messages.invalid(f"{path}.type", kind, "must be object at the root")
    if embedded and not keeps and not schema.get("properties"):
        yield messages.required(f"{path}.properties", _NOTHING_EMBEDDED)


def _type_meta_causes(properties: Mapping[str, Raw], level: str, path: str) -> Iterator[Cause]:
    """Validate the declared types of ``kind``, ``apiVersion`` and ``metadata``."""
    for name in ("kind", "apiVersion"):
        if name in properties and properties[name].get("type") != "string":
            yield messages.invalid(
                f"{path}.properties[{name}].type", properties[name].get("type", ""), "must be string"
            )
    metadata, where = properties.get("metadata"), f"{path}.properties[metadata]"
    if metadata is None:
        return
    if metadata.get("type") != "object":
        yield messages.invalid(f"{where}.type", metadata.get("type", ""), "must be object")
    if level == _ROOT:
        set_keywords = {
            key for key, value in metadata.items() if value and key not in {"type", "default", "properties"}
        }
        if set_keywords or set(metadata.get("properties") or ()) - {"name", "generateName"}:
            yield messages.forbidden(where, _IMPLICIT)


def _restrictions(schema: Raw, path: str, *, skip_any: bool = False, skip_first: bool = False) -> Iterator[Cause]:
    for position, branch in enumerate(() if skip_any else schema.get("anyOf") or ()):
        yield from _branch(branch, f"{path}.anyOf[{position}]")
    for position, branch in enumerate(schema.get("allOf") or ()):
        yield from _branch(branch, f"{path}.allOf[{position}]", skip_any=skip_first and position == 0)
    for position, branch in enumerate(schema.get("oneOf") or ()):
        yield from _branch(branch, f"{path}.oneOf[{position}]")
    if schema.get("not") is not None:
        yield from _branch(schema["not"], f"{path}.not")
    pattern = schema.get("pattern")
    if pattern:
        try:
            compile_pattern(pattern)
        except PatternError as error:
            yield messages.invalid(
                f"{path}.pattern", pattern, f"must be a valid regular expression, but isn't: {error}"
            )


def _branch(schema: Raw, path: str, *, skip_any: bool = False) -> Iterator[Cause]:
    yield from _restrictions(schema, path, skip_any=skip_any)
    if isinstance(schema.get("items"), Mapping):
        yield from _branch(schema["items"], f"{path}.items")
    properties = schema.get("properties") or {}
    for name, member in properties.items():
        yield from _branch(member, f"{path}.properties[{name}]")
    for name, wanted in _FORBIDDEN:
        value = schema.get(name)
        if value or (wanted == "undefined" and value is not None):
            yield messages.forbidden(f"{path}.{name}", f"must be {wanted} to be structural")
    if "metadata" in properties:
        yield messages.forbidden(f"{path}.properties[metadata]", "must not be specified in a nested context")


def _complete(schema: Raw, structure: Raw | None, at: str, path: str) -> Iterator[Cause]:
    """Check that every field in a value validation is also declared in the structure."""
    branches = [(schema["not"], f"{path}.not")] if schema.get("not") is not None else []
    for word in ("allOf", "anyOf", "oneOf"):
        branches += [(branch, f"{path}.{word}[{at_}]") for at_, branch in enumerate(schema.get(word) or ())]
    for branch, where in branches:
        yield from _complete_branch(branch, structure, at, where)


def _complete_branch(branch: Raw, structure: Raw | None, at: str, path: str) -> Iterator[Cause]:
    if structure is None:
        yield messages.required(at, f"because it is defined in {path}")
        return
    yield from _complete(branch, structure, at, path)
    if isinstance(branch.get("items"), Mapping):
        yield from _complete_branch(branch["items"], structure.get("items"), f"{at}.items", f"{path}.items")
    known = structure.get("properties") or {}
    for name, member in (branch.get("properties") or {}).items():
        place = f".properties[{name}]"
        yield from _complete_branch(member, known.get(name), at + place, path + place)
