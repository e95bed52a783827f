"""Validation of the CEL expressions of webhooks and policies.

What needs the types of ``Object`` and ``JSONPatch``, or the authorizer, is parsed but not checked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from go_cel import CompileError, Expression, Scope, compile_expression
from go_cel.types import BOOL, DYN, INT, NULL, STRING, TIMESTAMP, Type, list_of, map_of, struct
from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.strategies import Object

_TEXTS = list_of(STRING)
_KIND, _RESOURCE = (
    {"group": STRING, "version": STRING, "kind": STRING},
    {"group": STRING, "version": STRING, "resource": STRING},
)
_FIELDS: Mapping[str, Mapping[str, Type]] = {
    "kubernetes.GroupVersionKind": _KIND,
    "kubernetes.GroupVersionResource": _RESOURCE,
    "kubernetes.UserInfo": {
        "username": STRING,
        "uid": STRING,
        "groups": _TEXTS,
        "extra": map_of(STRING, _TEXTS),
    },
    "kubernetes.AdmissionRequest": {
        "kind": struct("kubernetes.GroupVersionKind"),
        "resource": struct("kubernetes.GroupVersionResource"),
        "subResource": STRING,
        "requestKind": struct("kubernetes.GroupVersionKind"),
        "requestResource": struct("kubernetes.GroupVersionResource"),
        "requestSubResource": STRING,
        "name": STRING,
        "namespace": STRING,
        "operation": STRING,
        "userInfo": struct("kubernetes.UserInfo"),
        "dryRun": BOOL,
        "options": DYN,
    },
    "kubernetes.NamespaceSpec": {"finalizers": _TEXTS},
    "kubernetes.NamespaceCondition": {
        "status": STRING,
        "type": STRING,
        "lastTransitionTime": TIMESTAMP,
        "message": STRING,
        "reason": STRING,
    },
    "kubernetes.NamespaceStatus": {"conditions": list_of(struct("kubernetes.NamespaceCondition")), "phase": STRING},
    "kubernetes.NamespaceMetadata": {
        "name": STRING,
        "generateName": STRING,
        "namespace": STRING,
        "labels": map_of(STRING, STRING),
        "annotations": map_of(STRING, STRING),
        "UID": STRING,
        "creationTimestamp": TIMESTAMP,
        "deletionGracePeriodSeconds": INT,
        "deletionTimestamp": TIMESTAMP,
        "generation": INT,
        "resourceVersion": STRING,
        "finalizers": _TEXTS,
    },
    "kubernetes.Namespace": {
        "metadata": struct("kubernetes.NamespaceMetadata"),
        "spec": struct("kubernetes.NamespaceSpec"),
        "status": struct("kubernetes.NamespaceStatus"),
    },
}
_GIVEN = {
    "object": DYN,
    "oldObject": DYN,
    "namespaceObject": struct("kubernetes.Namespace"),
    "request": struct("kubernetes.AdmissionRequest"),
}
_VARIABLES = "kubernetes.variables"
_UNCHECKED = re.compile(r"\b(Object|JSONPatch|jsonpatch|authorizer)\b")
_SYNTAX = "Syntax error"
_IDENTIFIER = re.compile("[_a-zA-Z][_a-zA-Z0-9]*")
_RESERVED = frozenset(
    (
        *("true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if"),
        *("import", "let", "loop", "package", "namespace", "return", "var", "void", "while"),
    )
)
_MOST_CONDITIONS = 64
OBJECT, PATCHES = struct("Object"), list_of(struct("JSONPatch"))
TEXT_OR_NULL = (STRING, NULL)
_SHOWN = {"null": "null_type"}


class Compiler:
    """Compiles the expressions of one webhook or policy, which share the variables that it declares.

    Attributes:
        has_params: whether the policy has parameters.
    """

    def __init__(self, *, has_params: bool = False, has_variables: bool = False) -> None:
        self.has_params = has_params
        self._declared: dict[str, Type] = {}
        self._given = dict(_GIVEN)
        if has_params:
            self._given["params"] = DYN
        if has_variables:
            self._given["variables"] = struct(_VARIABLES)

    def causes(self, text: str, path: str, results: Sequence[Type]) -> Iterator[Cause]:
        """Yield the field errors of an expression that has to have one of these results."""
        try:
            found = self._type_of(text)
        except CompileError as error:
            yield messages.invalid(path, text, f"compilation failed: {error}")
            return
        if found is None or found in results:
            return
        wanted = [_shown(each) for each in results]
        what = wanted[0] if len(wanted) == 1 else f"one of [{' '.join(wanted)}]"
        yield messages.invalid(path, text, f"must evaluate to {what} but got {_shown(found)}")

    def variable_causes(self, variable: Object, path: str) -> Iterator[Cause]:
        """Yield the field errors of a variable, and declare it."""
        name, text = variable.get("name") or "", variable.get("expression") or ""
        if not name.strip():
            yield messages.required(f"{path}.name", "name is not specified")
        elif not _IDENTIFIER.fullmatch(name) or name in _RESERVED:
            yield messages.invalid(f"{path}.name", name, "must be a valid CEL identifier")
        if not text.strip():
            yield messages.required(f"{path}.expression", "expression is not specified")
            return
        try:
            self.declare(name, self._type_of(text) or DYN)
        except CompileError as error:
            yield messages.invalid(f"{path}.expression", text, f"compilation failed: {error}")

    def compiled(self, text: str) -> Expression:
        """Return an expression with checked types.

        Raises:
            CompileError: it is wrong, or needs what this server has not: the authorizer, ``Object``, ``JSONPatch``.
        """
        return compile_expression(text, Scope(self._given, {**_FIELDS, _VARIABLES: self._declared}))

    def declare(self, name: str, result: Type) -> None:
        """Declare a variable for the expressions that follow."""
        self._declared[name] = result

    def _type_of(self, text: str) -> Type | None:
        """Return the type of an expression, None if this server cannot tell it."""
        try:
            return self.compiled(text).result
        except CompileError as error:
            if _UNCHECKED.search(text) and _SYNTAX not in str(error):
                return None
            raise


def _shown(result: Type) -> str:
    return _SHOWN.get(result.kind, result.text)


def condition_causes(conditions: Sequence[Object], path: str, *, has_params: bool = False) -> Iterator[Cause]:
    """Yield the field errors of match conditions: names, and expressions that are true or false."""
    if len(conditions) > _MOST_CONDITIONS:
        yield messages.too_many(path, len(conditions), _MOST_CONDITIONS)
    compiler, seen = Compiler(has_params=has_params), set[str]()
    for position, each in enumerate(conditions):
        where, name, text = f"{path}[{position}]", each.get("name") or "", (each.get("expression") or "").strip()
        if text:
            yield from compiler.causes(text, f"{where}.expression", (BOOL,))
        else:
            yield messages.required(f"{where}.expression")
        if not name:
            yield messages.required(f"{where}.name")
            continue
        yield from (messages.invalid(f"{where}.name", name, why) for why in is_qualified_name(name))
        if name in seen:
            yield messages.duplicate(f"{where}.name", name)
        seen.add(name)
