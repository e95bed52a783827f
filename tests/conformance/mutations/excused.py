"""Differences that a named behaviour of kube-apiserver excuses: the only ones that a run may leave."""

import re
from dataclasses import dataclass
from typing import Any

from tests.conformance.differential.comparing import ABSENT
from tests.conformance.mutations.playing import Found

_SHOWN = re.compile(
    r"(?<=Invalid value: )(?:[{\[]|null)(?s:.*?)(?=: (?:field is immutable|exactly one|cannot (?:be|set)))"
)
_SUFFIX = re.compile(r"(?<=[a-z0-9./-])[bcdfghjklmnpqrstvwxz2456789]{5}(?=[\\\"'])")
_FIELD_ERRORS = re.compile(
    r", (?=[.a-zA-Z<](?:\[[^\]]*\]|[^\s,\[])*: (?:Invalid|Required|Unsupported|Duplicate|Forbidden|Too|Not found))"
)
_UNDECLARED = re.compile(r"\S+: field not declared in schema")
_PATCHED = re.compile(r"(?:\n(?:@@|[-+ ])[^\n]*)+\n?")
_PARSER = re.compile(
    "json: cannot unmarshal|cannot convert (?:int64|float64|bool|slice|map|string) to|cannot restore|"
    "unrecognized type|quantities must match|parsing time|illegal base64|no kind "
)
_ESTABLISHES = "kube-apiserver"
_CONTROLLERS = ("api-priority-and-fairness-config-consumer-v1", _ESTABLISHES)
_FLOW_SCHEMA_CONDITIONS = "fieldsV1.f:status.f:conditions.."
_CONDITIONS = "body.status.conditions"
_CAUSES = "body.details.causes["
_ESTABLISHED = {"NamesAccepted", "Established"}
#: The status and the reason of Established before and after kube-apiserver serves a definition.
_LATER = (("False", "True"), ("Installing", "InitialNamesAccepted"))


@dataclass(frozen=True, slots=True)
class Excuse:
    """A behaviour of kube-apiserver, and what it changes of an answer."""

    reason: str

    def covers(self, found: Found) -> bool:
        """Tell whether it explains the difference."""
        raise NotImplementedError


class _GoStruct(Excuse):
    def covers(self, found: Found) -> bool:
        one, other = (_without_values(value) for value in _both(found))
        return _is_message(found) and one == other


class _Parser(Excuse):
    def covers(self, found: Found) -> bool:
        return _is_message(found) and all(_PARSER.search(str(value)) for value in _both(found))


class _Controller(Excuse):
    def covers(self, found: Found) -> bool:
        managed = found.difference.path.startswith("body.metadata.managedFields")
        if found.unit.kind.kind == "FlowSchema" and found.difference.path.endswith(_FLOW_SCHEMA_CONDITIONS):
            return True
        return managed and any(f"'manager': '{name}'" in str(found.difference.real) for name in _CONTROLLERS)


class _MapOrder(Excuse):
    def covers(self, found: Found) -> bool:
        if found.difference.path.startswith(_CAUSES):
            # The message has each error once, in the order of the first time, so that it may be the same.
            pairs = [(each.real, each.embedded) for each in found.beside if each.path.endswith("].message")]
            is_whole = all(each.path.startswith(_CAUSES) for each in found.beside)
            return is_whole and sorted(str(one) for one, _ in pairs) == sorted(str(other) for _, other in pairs)
        one, other = (sorted(_errors(value)) for value in _both(found))
        return _is_message(found) and one == other and len(one) > 1


class _Establishing(Excuse):
    def covers(self, found: Found) -> bool:
        path, (real, embedded) = found.difference.path, _both(found)
        if found.unit.kind.kind != "CustomResourceDefinition":
            return False
        if path.startswith("body.metadata.managedFields[") and real == ABSENT:
            return isinstance(embedded, dict) and embedded.get("manager") == _ESTABLISHES
        if not path.startswith(_CONDITIONS):
            return False
        if path.endswith(".lastTransitionTime"):
            return all(str(value).startswith("<time") for value in (real, embedded))
        return (real, embedded) in _LATER or (real in (ABSENT, None) and _conditions(embedded) <= _ESTABLISHED)


class _Drawn(Excuse):
    def covers(self, found: Found) -> bool:
        one, other = (_SUFFIX.sub("<drawn>", str(value)) for value in _both(found))
        drawn = any(
            "generateName" in str(value) for value in (*_both(found), *[edit.value for edit in found.sent.edits])
        )
        return _is_message(found) and drawn and one == other


class _Panic(Excuse):
    def covers(self, found: Found) -> bool:
        has_hung_up = str(found.difference.real).startswith("connection failed: ServerDisconnectedError")
        return found.sent.operation == "strategic patch" and found.has_panicked and has_hung_up


class _MergeKey(Excuse):
    def covers(self, found: Found) -> bool:
        return _is_message(found) and all("does not contain declared merge key" in str(value) for value in _both(found))


class _Undeclared(Excuse):
    def covers(self, found: Found) -> bool:
        one, other = (set(_UNDECLARED.findall(str(value))) for value in _both(found))
        return _is_message(found) and bool(one & other)


#: In the order in which they are tried.
EXCUSES: tuple[Excuse, ...] = (
    _GoStruct("kube-apiserver's text shows the value as its internal Go struct, or the difference of two of them"),
    _Parser("the words are those of Go's parser; status, reason and cause agree"),
    _MapOrder("kube-apiserver visits the keys of a map in a random order, so its text has the field errors in one"),
    _Establishing("kube-apiserver's controllers accept and establish a definition later than this server"),
    _Drawn("each server draws the end of a generated name"),
    _Panic(
        "kube-apiserver panics where findMapInSliceBasedOnKeyValue compares a merge key that is a map, and hangs up"
    ),
    _MergeKey(
        "strategicpatch.mergeMap visits the fields of a patch in a random order, and stops at the first merge key"
    ),
    _Undeclared("structured-merge-diff visits the fields of a map in a random order, and stops at an undeclared one"),
    _Controller("the controllers of API priority and of aggregation write a status: this server has neither"),
)


def excuse(found: Found) -> Excuse | None:
    """Return the behaviour that explains a difference, None if it is one of this server's."""
    return next((each for each in EXCUSES if each.covers(found)), None)


def _both(found: Found) -> tuple[Any, Any]:
    return found.difference.real, found.difference.embedded


def _is_message(found: Found) -> bool:
    return found.difference.path == "body.message" and all(isinstance(value, str) for value in _both(found))


def _conditions(value: Any) -> set[str]:
    """Return the types of a condition, or of a list of them."""
    found = value if isinstance(value, list) else [value]
    return {str(each.get("type")) if isinstance(each, dict) else "" for each in found}


def _without_values(message: Any) -> str:
    return _SHOWN.sub("{}", _PATCHED.sub("", str(message)))


def _errors(message: Any) -> list[str]:
    """Return the field errors in a message."""
    text = str(message)
    begin, found, rest = text.partition(" is invalid: [")
    return [begin, *_FIELD_ERRORS.split(rest.removesuffix("]"))] if found else [text]
