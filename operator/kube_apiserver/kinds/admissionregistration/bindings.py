"""MutatingAdmissionPolicyBindings and ValidatingAdmissionPolicyBindings."""

from collections.abc import Iterator, Sequence

from kube_apiserver.kinds.admissionregistration.matching import default_matches, match_causes, mutated_causes
from kube_apiserver.kinds.admissionregistration.static_names import name_causes
from kube_apiserver.schema import Cause, is_dns1123_subdomain, is_path_segment, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.label_selectors import selector_causes

_GROUP = "admissionregistration.k8s.io"
_ACTIONS = ("Audit", "Deny", "Warn")
_NOT_FOUND = ("Deny", "Allow")
_ONE = "name and selector are mutually exclusive"
_BOTH = (
    "must not contain both Deny and Warn (repeating the same validation failure information in the API response and "
    "headers serves no purpose)"
)


def _default(obj: Draft) -> None:
    """Set selectors and scopes of what is matched."""
    default_matches((obj.get("spec") or {}).get("matchResources"))


def _validate_validating(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of policyName, paramRef, matchResources and validationActions."""
    spec = obj.get("spec") or {}
    named = (messages.declared(cause) for cause in _policy(spec) if cause.reason == "FieldValueRequired")
    wrong = (cause for cause in _policy(spec) if cause.reason != "FieldValueRequired")
    actions = _actions(spec.get("validationActions") or ())
    return [*wrong, *_shared(spec), *named, *actions, *name_causes(obj, old)]


def _validate_mutating(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of policyName, paramRef and matchResources."""
    spec = obj.get("spec") or {}
    mutated = mutated_causes(spec.get("matchResources") or {}, "spec.matchResources")
    return [*_policy(spec), *_shared(spec), *mutated, *name_causes(obj, old)]


def _policy(spec: Object) -> Iterator[Cause]:
    name, path = spec.get("policyName") or "", "spec.policyName"
    if name:
        yield from (messages.invalid(path, name, why) for why in is_dns1123_subdomain(name))
    else:
        yield messages.required(path)


def _shared(spec: Object) -> Iterator[Cause]:
    if (parameters := spec.get("paramRef")) is not None:
        yield from _parameters(parameters, "spec.paramRef")
    if (matches := spec.get("matchResources")) is not None:
        yield from match_causes(matches, "spec.matchResources")


def _parameters(parameters: Object, path: str) -> Iterator[Cause]:
    name, selector = parameters.get("name") or "", parameters.get("selector")
    if name:
        yield from (messages.invalid(f"{path}.name", name, why) for why in is_path_segment(name))
    if name and selector is not None:
        yield messages.forbidden(f"{path}.name", _ONE)
    yield from selector_causes(selector, f"{path}.selector")
    if name and selector is not None:
        yield messages.forbidden(f"{path}.selector", _ONE)
    if not name and selector is None:
        yield messages.required(path, "one of name or selector must be specified")
    action = parameters.get("parameterNotFoundAction")
    if not action:
        yield messages.required(f"{path}.parameterNotFoundAction")
    elif action not in _NOT_FOUND:
        yield messages.not_supported(f"{path}.parameterNotFoundAction", action, _NOT_FOUND)


def _actions(actions: Sequence[str]) -> Iterator[Cause]:
    path = "spec.validationActions"
    for position, action in enumerate(actions):
        if action not in _ACTIONS:
            yield messages.not_supported(f"{path}[{position}]", action, _ACTIONS)
        if action in actions[:position]:
            yield messages.duplicate(f"{path}[{position}]", action)
    if "Deny" in actions and "Warn" in actions:
        yield messages.invalid(path, actions, _BOTH)
    if not actions:
        yield messages.declared(messages.required(path))


STRATEGIES = tuple(
    Strategy(
        group=_GROUP,
        kind=f"{word}AdmissionPolicyBinding",
        unconditional_update=False,
        default=_default,
        validate_with_old=validate,
    )
    for word, validate in (("Mutating", _validate_mutating), ("Validating", _validate_validating))
)
