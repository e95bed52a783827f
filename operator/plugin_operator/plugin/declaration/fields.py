"""Validation of declared values: each function returns the canonical value, or raises ValueError or TypeError.

One for a list raises an ExceptionGroup of them.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from plugin_operator.controllers.value_checks import shown
from plugin_operator.kube import FieldSelector, GroupVersionKind, LabelSelector, is_label, problem_of, resource_problem
from plugin_operator.plugin.declaration.permissions import Permission
from plugin_operator.workqueue import MAX_DELAY_SECONDS

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9_])?\Z")
_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\Z")
_VERBS = (
    *("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"),
    *("use", "bind", "escalate", "impersonate", "approve", "sign", "attest", "proxy", "*"),
)
_INSTEAD = {
    "read": "get", "view": "get", "write": "update", "edit": "update", "put": "update", "replace": "update",
    "post": "create", "add": "create", "insert": "create", "remove": "delete", "destroy": "delete", "apply": "patch",
    "observe": "watch", "all": "*",
}  # fmt: skip
_CLOSE_VERB = 0.75
#: How a kind is written.
KIND_HINT = "write a kind such as 'v1/ConfigMap' or 'apps/v1/Deployment'"


def name(value: Any) -> str:
    """Validate the name of a controller, which becomes a metric label."""
    if not isinstance(value, str) or not _NAME.match(value):
        raise ValueError(f"{value!r} is not a name: use up to 63 letters, digits, '_', '-' and '.'")
    return value


def controller_id(value: Any) -> str:
    """Validate the id of a controller, part of its finalizer and manager, by apimachinery's ``IsQualifiedName``."""
    if not isinstance(value, str) or not _ID.match(value):
        raise ValueError(
            f"{value!r} is not an id: write id= with up to 63 letters, digits, '_', '-' and '.', "
            "a letter or digit first and last; by default it is the controller's name"
        )
    return value


def former_ids(value: Any) -> tuple[str, ...]:
    """Validate the ids that a controller had before: one, or a list of them."""
    given = (value,) if isinstance(value, str) else sequence(value)
    return tuple(dict.fromkeys(each_of(given, _former_id)))


def _former_id(value: Any) -> str:
    if not isinstance(value, str) or not _ID.match(value):
        raise ValueError(f"{value!r} cannot have been an id: name the id= of the controller before, or its name")
    return value


def kind(value: Any) -> GroupVersionKind:
    """Parse a kind, given as text, ``GroupVersionKind`` or class with ``@resource``; reject one that cannot exist."""
    found = value if isinstance(value, GroupVersionKind) else _parsed_kind(value)
    problem = problem_of(found)
    if problem:
        raise ValueError(f"{str(value)!r} is not a kind: {problem}")
    return found


def optional_kind(value: Any) -> GroupVersionKind | None:
    """Parse a kind; None means a controller without a kind."""
    return None if value is None else kind(value)


def _parsed_kind(value: Any) -> GroupVersionKind:
    if value is None:
        raise ValueError(f"is missing: {KIND_HINT}")
    if isinstance(value, type):
        from plugin_operator.kube.definitions import definition_of  # plugins without typed objects do not need it

        return definition_of(value).gvk
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a kind: {KIND_HINT}")
    return GroupVersionKind.parse(value)


def sequence(value: Any) -> tuple[Any, ...]:
    """Validate a list or tuple; reject a single string, which usually lacks its brackets."""
    if value is None:
        return ()
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__iter__"):
        raise ValueError(f"{value!r} is not a list: write [{value!r}]")
    return tuple(value)


def each_of(values: Iterable[Any], clean: Callable[[Any], T]) -> tuple[T, ...]:
    """Return the canonical form of each value of a list.

    Raises:
        ExceptionGroup: has the errors of ``clean`` for each value that is wrong.
    """
    found: list[T] = []
    wrong: list[Exception] = []
    for value in values:
        try:
            found.append(clean(value))
        except (ValueError, TypeError) as error:
            wrong.append(error)
        except ExceptionGroup as several:
            wrong += several.exceptions
    if wrong:
        raise ExceptionGroup("values are wrong", wrong)
    return tuple(found)


def namespaces(value: Any) -> tuple[str, ...] | None:
    """Validate a list of namespaces; None means those of the operator."""
    if value is None:
        return None
    names = sequence(value)
    for each in names:
        if not isinstance(each, str) or not is_label(each):
            raise ValueError(f"{each!r} is not the name of a namespace")
    if not names:
        raise ValueError("an empty list would watch nothing: leave it out to watch the operator's namespaces")
    return tuple(dict.fromkeys(names))


def label_selector(value: Any) -> str:
    """Return a label selector in canonical form; a mapping means equality."""
    return str(LabelSelector.of(value))


def field_selector(value: Any) -> str:
    """Return a field selector in canonical form; a mapping means equality."""
    return str(FieldSelector.of(value))


def positive_int(value: Any) -> int:
    """Validate an integer of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{shown(value)} is not a whole number of at least 1")
    return int(value)


def optional_seconds(value: Any) -> float | None:
    """Validate a positive number of seconds, at most a century; None means never."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_DELAY_SECONDS:
        raise ValueError(f"{shown(value)} is not a positive number of seconds, at most {MAX_DELAY_SECONDS:.0f}")
    return float(value)


def boolean(value: Any) -> bool:
    """Validate True or False; reject other values, even if they are truthy."""
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither True nor False")
    return value


def permissions(value: Any) -> tuple[Permission, ...]:
    """Validate a list of ``permission()`` values or of a Role's rules."""
    return each_of(sequence(value), _permission)


def _permission(value: Any) -> Permission:
    if isinstance(value, Mapping):
        unknown = set(value) - {"apiGroups", "resources", "verbs", "resourceNames"}
        if unknown:
            raise ValueError(f"a rule has no field {min(map(str, unknown))!r}")
        value = Permission(
            sequence(value.get("apiGroups")),
            sequence(value.get("resources")),
            sequence(value.get("verbs")),
            sequence(value.get("resourceNames")),
        )
    if not isinstance(value, Permission):
        raise TypeError(f"{value!r} is not a permission: write permission('pods', ['get', 'list'])")
    words = (*value.api_groups, *value.resources, *value.verbs, *value.resource_names)
    if not value.resources or not value.verbs or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{value!r} needs at least one resource and one verb, all of them texts")
    if not value.api_groups:
        raise ValueError(
            f"{value.as_rule()} allows nothing without API groups: '' is that of pods, 'apps' of deployments"
        )
    problems = (
        *(_verb_problem(verb, value.api_groups) for verb in value.verbs),
        *(_resource_problem(resource, value.api_groups) for resource in value.resources),
    )
    if wrong := [ValueError(each) for each in dict.fromkeys(problems) if each]:
        raise ExceptionGroup("a rule is wrong", wrong)
    return value


def _resource_problem(resource: str, groups: Sequence[str]) -> str:
    """Return why no group has a resource; empty if one has it."""
    problems = [resource_problem(group, resource) for group in groups]
    return (all(problems) and problems[0]) or ""


def _verb_problem(verb: str, groups: Sequence[str]) -> str:
    """Return what is wrong with an unknown verb; custom groups have verbs of their own, unless they look misspelt."""
    if verb in _VERBS:
        return ""
    lower = verb.lower()
    near = difflib.get_close_matches(lower, (*_VERBS, *_INSTEAD), n=1, cutoff=_CLOSE_VERB)
    meant = _INSTEAD.get(near[0], near[0]) if near else ""
    if meant or all("." not in group for group in groups):
        hint = f"did you mean {meant!r}?" if meant else f"the verbs are {', '.join(_VERBS)}"
        return f"{verb!r} is not a verb: {hint}"
    return ""
