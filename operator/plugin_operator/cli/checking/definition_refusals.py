"""Why the API server refuses a CustomResourceDefinition, in the words and at the places of its classes."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plugin_operator.cli.checking.report import Mistake

if TYPE_CHECKING:
    from plugin_operator.kube.definitions import VersionRecord

_IN_SCHEMA = re.compile(r"spec\.(?:validation|versions\[(?P<version>\d+)\]\.schema)\.openAPIV3Schema\.?(?P<path>.*)")
_STEP = re.compile(r"properties\[(?P<name>.*?)\]|(?P<inner>items|additionalProperties)")
_RULE = re.compile(r"\.?x-kubernetes-validations\[(?P<number>\d+)\]\.(?P<part>rule|messageExpression)")
_COMPILED = re.compile(
    r"(?:compilation|instantiation) failed: (?:ERROR: <input>:(?P<line>\d+):(?P<at>\d+): )?(?P<why>.*)"
)
_UNEXPECTED = re.compile(r"Syntax error: (?:mismatched|extraneous) input '(?P<text>.*?)'")
_UNDEFINED = re.compile(r"undefined field '(?P<name>\w+)'")
_NOT_A_BOOL, _NOT_A_TEXT = "must evaluate to a bool", "must evaluate to a string"


def refusals(crd: Mapping[str, Any], records: Sequence["VersionRecord"]) -> Iterator[Mistake]:
    """Yield what the embedded API server refuses in a definition: rules of CEL above all.

    Args:
        crd: the definition.
        records: the versions that it was made from.
    """
    # Imported on demand: most plugins define no kind.
    from kube_apiserver.crds.approval import ANNOTATION, approval_causes
    from kube_apiserver.crds.definition import definition_causes

    for _ in approval_causes(crd):
        reason = f"the API server takes the group {crd['spec']['group']} for one of Kubernetes itself"
        way_out = f"choose another, or write annotations={{{ANNOTATION!r}: 'unapproved, experimental-only'}}"
        yield _at_class(records[0], f"kind: {reason}: {way_out}")
    for cause in definition_causes(crd):
        found = _IN_SCHEMA.fullmatch(cause.field)
        version = crd["spec"]["versions"][int((found and found["version"]) or 0)]
        record = next((each for each in records if each.name == version["name"]), records[0])
        if found is None:
            yield _at_class(record, f"the API server refuses its definition: {cause.field}: {cause.message}")
            continue
        field, schema, rest = _place_of(version["schema"]["openAPIV3Schema"], found["path"])
        text = _of_rule(schema, rest, cause.message) or (
            f"the API server refuses its schema: {f'{rest}: ' if rest else ''}{cause.message}"
        )
        if field not in record.fields:
            yield _at_class(record, text)
        else:
            cls, name, file, line = record.fields[field]
            yield Mistake(file, f"{cls}.{name}: {text}", line)


def _at_class(record: "VersionRecord", text: str) -> Mistake:
    return Mistake(record.path, f"{record.cls}: {text}", record.line)


def _place_of(schema: Any, path: str) -> tuple[str, Any, str]:
    """Return the place of the innermost field in a path, the schema to which the path leads, and its rest."""
    field, at = "", 0
    while (step := _STEP.match(path, at)) is not None:
        schema = (schema.get("properties") or {}).get(step["name"]) if step["name"] else schema.get(step["inner"])
        if not isinstance(schema, Mapping):
            break
        at = step.end() + path.startswith(".", step.end())
        field = path[: step.end()] if step["name"] else field
    return field, schema, path[at:]


def _of_rule(schema: Any, rest: str, message: str) -> str:
    """Return what is wrong with a rule; empty if something else is wrong."""
    part = _RULE.fullmatch(rest)
    rules = schema.get("x-kubernetes-validations", []) if isinstance(schema, Mapping) else []
    if part is None or int(part["number"]) >= len(rules):
        return ""
    word = "rule" if part["part"] == "rule" else "message_expression"
    shown = f"rules: the {word} {rules[int(part['number'])].get(part['part'])!r}"
    if message.endswith(_NOT_A_BOOL):
        return f"{shown} must be true or false: compare something"
    if message.endswith(_NOT_A_TEXT):
        return f"{shown} must be a text: write string(…)"
    compiled = _COMPILED.search(message)
    if compiled is None:
        return f"{shown} is refused: {message}"
    where = f" at character {compiled['at']}" if compiled["line"] == "1" else ""
    where = where or (f" in line {compiled['line']}, at character {compiled['at']}" if compiled["line"] else "")
    return f"{shown} is no valid CEL{where}: {_in_plain_words(compiled['why'], schema)}"


def _in_plain_words(why: str, schema: Mapping[str, Any]) -> str:
    if (found := _UNEXPECTED.match(why)) is not None:
        return "it ends too early" if found["text"] == "<EOF>" else f"{found['text']!r} is unexpected"
    if (found := _UNDEFINED.match(why)) is not None:
        names = sorted(set(_names_in(schema)))
        first, *more = found["name"].split("_")
        camel = first + "".join(map(str.capitalize, more))
        near = [camel] if camel in names else difflib.get_close_matches(found["name"], names, n=1)
        return f"there is no field {found['name']!r}{f': did you mean {near[0]!r}?' if near else ''}"
    return why


def _names_in(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for name, each in (schema.get("properties") or {}).items():
            yield name
            yield from _names_in(each)
        for key in ("items", "additionalProperties"):
            yield from _names_in(schema.get(key))
