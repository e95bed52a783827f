"""The rules of policies. Their CEL expressions need a compiler, which few servers do."""

import re
from collections.abc import Iterator

from go_cel.types import BOOL, STRING, Type
from kube_apiserver.kinds.admissionregistration.expressions import (
    OBJECT,
    PATCHES,
    TEXT_OR_NULL,
    Compiler,
    condition_causes,
)
from kube_apiserver.kinds.admissionregistration.matching import (
    FAILURE_POLICIES,
    match_causes,
    mutated_causes,
)
from kube_apiserver.kinds.admissionregistration.static_names import name_causes
from kube_apiserver.schema import Cause, is_dns1035_label, is_dns1123_subdomain, is_qualified_name, messages
from kube_apiserver.strategies import Object

_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge")
_REINVOCATIONS = ("IfNeeded", "Never")
_PATCHES: dict[str, tuple[str, Type]] = {
    "ApplyConfiguration": ("applyConfiguration", OBJECT),
    "JSONPatch": ("jsonPatch", PATCHES),
}
_MOST_ANNOTATIONS, _LONGEST_VALUE = 20, 5 * 1024
_NOTHING = "validations or auditAnnotations must contain at least one item"
_UNSPECIFIED = "expression is not specified"
_BLANK = "must be non-empty if specified"


def validating_causes(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of what is matched, variables, validations and annotations, with their expressions."""
    spec = obj.get("spec") or {}
    variables = spec.get("variables") or ()
    compiler = Compiler(has_params=spec.get("paramKind") is not None, has_variables=bool(variables))
    causes = [*_shared(spec, old)]
    for position, variable in enumerate(variables):
        causes += compiler.variable_causes(variable, f"spec.variables[{position}]")
    validations, annotations = spec.get("validations") or (), spec.get("auditAnnotations") or ()
    if not validations and not annotations:
        causes += [messages.required(f"spec.{name}", _NOTHING) for name in ("validations", "auditAnnotations")]
    for position, validation in enumerate(validations):
        causes += _validation(compiler, validation, f"spec.validations[{position}]")
    if len(annotations) > _MOST_ANNOTATIONS:
        why = f"must not have more than {_MOST_ANNOTATIONS} auditAnnotations"
        causes.append(messages.invalid("spec.auditAnnotations", annotations, why))
    keys: set[str] = set()
    for position, annotation in enumerate(annotations):
        path, key = f"spec.auditAnnotations[{position}]", annotation.get("key") or ""
        causes += _annotation(compiler, obj["metadata"].get("name", ""), annotation, path)
        if key in keys:
            causes.append(messages.duplicate(f"{path}.key", key))
        keys.add(key)
    return causes + name_causes(obj, old)


def mutating_causes(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of what is matched, variables and mutations, with their expressions."""
    spec = obj.get("spec") or {}
    compiler = Compiler(has_params=spec.get("paramKind") is not None, has_variables=True)
    causes = [*_shared(spec, old, mutates=True)]
    for position, variable in enumerate(spec.get("variables") or ()):
        causes += compiler.variable_causes(variable, f"spec.variables[{position}]")
    mutations = spec.get("mutations") or ()
    if not mutations:
        causes.append(messages.required("spec.mutations", "mutations must contain at least one item"))
    for position, mutation in enumerate(mutations):
        causes += _mutation(compiler, mutation, f"spec.mutations[{position}]")
    again, path = spec.get("reinvocationPolicy") or "", "spec.reinvocationPolicy"
    if not again:
        causes.append(messages.required(path))
    elif again not in _REINVOCATIONS:
        causes.append(messages.not_supported(path, again, _REINVOCATIONS))
    return causes + name_causes(obj, old)


def _shared(spec: Object, old: Object | None, *, mutates: bool = False) -> Iterator[Cause]:
    """Yield the errors of what both kinds of policies have."""
    if (policy := spec.get("failurePolicy")) not in FAILURE_POLICIES:
        yield messages.not_supported("spec.failurePolicy", policy, FAILURE_POLICIES)
    if (kind := spec.get("paramKind")) is not None:
        yield from _param_kind(kind, "spec.paramKind")
    matches, path = spec.get("matchConstraints"), "spec.matchConstraints"
    if matches is None:
        yield messages.required(path)
    else:
        yield from match_causes(matches, path)
        if not matches.get("resourceRules"):
            yield messages.required(f"{path}.resourceRules")
        yield from mutated_causes(matches, path) if mutates else ()
    before = {} if old is None else old.get("spec") or {}
    if old is None or any(before.get(name) != spec.get(name) for name in ("paramKind", "matchConditions")):
        found = spec.get("matchConditions") or ()
        yield from condition_causes(found, "spec.matchConditions", has_params=kind is not None)


def _param_kind(kind: Object, path: str) -> Iterator[Cause]:
    text, name = kind.get("apiVersion") or "", kind.get("kind") or ""
    where = f"{path}.apiVersion"
    if not text:
        yield messages.required(where)
    elif text.count("/") > 1:
        yield messages.invalid(where, text, f"unexpected GroupVersion string: {text}")
    else:
        group, _, version = text.rpartition("/")
        if group and (problems := is_dns1123_subdomain(group)):
            yield messages.invalid(where, group, ",".join(problems))
        if not version:
            yield messages.invalid(where, text, "version must be specified")
        elif problems := is_dns1035_label(version):
            yield messages.invalid(where, version, ",".join(problems))
    if not name:
        yield messages.required(f"{path}.kind")
    elif problems := is_dns1035_label(name.lower()):
        why = f"may have mixed case, but should otherwise match: {','.join(problems)}"
        yield messages.invalid(f"{path}.kind", name, why)


def _validation(compiler: Compiler, validation: Object, path: str) -> Iterator[Cause]:
    text, message, dynamic = (validation.get(name) or "" for name in ("expression", "message", "messageExpression"))
    if text.strip():
        yield from compiler.causes(text, f"{path}.expression", (BOOL,))
    else:
        yield messages.required(f"{path}.expression", _UNSPECIFIED)
    if dynamic.strip():
        yield from compiler.causes(dynamic, f"{path}.messageExpression", (STRING,))
    elif dynamic:
        yield messages.invalid(f"{path}.messageExpression", dynamic, _BLANK)
    if message and not message.strip():
        yield messages.invalid(f"{path}.message", message, _BLANK)
    elif re.search(r"[\n\r]", message.strip()):
        yield messages.invalid(f"{path}.message", message, "must not contain line breaks")
    if (reason := validation.get("reason")) is not None and reason not in _REASONS:
        yield messages.not_supported(f"{path}.reason", reason, _REASONS)


def _annotation(compiler: Compiler, name: str, annotation: Object, path: str) -> Iterator[Cause]:
    key, text = annotation.get("key") or "", annotation.get("valueExpression") or ""
    if name:
        whole = f"{name}/{key}"
        yield from (messages.invalid(f"{path}.key", whole, why) for why in is_qualified_name(whole))
    else:
        yield messages.invalid(f"{path}.key", key, "requires metadata.name be non-empty")
    where = f"{path}.valueExpression"
    if not text.strip():
        yield messages.required(where, "valueExpression is not specified")
    elif len(text.strip().encode()) > _LONGEST_VALUE:
        yield messages.required(where, f"must not exceed {_LONGEST_VALUE} bytes in length")
    else:
        yield from compiler.causes(text, where, TEXT_OR_NULL)


def _mutation(compiler: Compiler, mutation: Object, path: str) -> Iterator[Cause]:
    kind = mutation.get("patchType") or ""
    if not kind:
        yield messages.required(f"{path}.patchType")
        return
    if kind not in _PATCHES:
        yield messages.not_supported(f"{path}.patchType", kind, tuple(_PATCHES))
        return
    field, result = _PATCHES[kind]
    patch = mutation.get(field)
    if patch is None:
        yield messages.required(f"{path}.{field}", f"must be specified when patchType is {kind}")
    elif text := (patch.get("expression") or "").strip():
        yield from compiler.causes(text, f"{path}.{field}.expression", (result,))
    else:
        yield messages.required(f"{path}.{field}.expression")
    for other, (name, _) in _PATCHES.items():
        if other != kind and mutation.get(name) is not None:
            what = f"must not be specified when patchType is {kind}"
            yield messages.invalid(f"{path}.{name}", f"{{{name}}}", what)
