"""MutatingWebhookConfigurations and ValidatingWebhookConfigurations."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.client_configs import default_port
from kube_apiserver.defaulting.fields import fill
from kube_apiserver.kinds.admissionregistration.clients import client_causes
from kube_apiserver.kinds.admissionregistration.matching import FAILURE_POLICIES, MATCH_POLICIES, rule_causes
from kube_apiserver.kinds.admissionregistration.static_names import name_causes
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.schema import Cause, is_dns1035_label, is_dns1123_subdomain, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.label_selectors import selector_causes

_SIDE_EFFECTS = ("None", "NoneOnDryRun")
_REINVOCATIONS = ("IfNeeded", "Never")
_VERSIONS = ("v1", "v1beta1")
_LONGEST_TIMEOUT = 30
# No webhook sees these, because a webhook that fails would lock everyone out.
_EXCLUDED = frozenset(
    {
        ("authentication.k8s.io", "selfsubjectreviews"),
        ("authentication.k8s.io", "tokenreviews"),
        ("authorization.k8s.io", "localsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectrulesreviews"),
        ("authorization.k8s.io", "subjectaccessreviews"),
    }
)


def _default(obj: Draft) -> None:
    """Set policies, timeouts, selectors, ports of services and scopes of rules of each webhook."""
    for hook in obj.get("webhooks") or ():
        fill(hook, failurePolicy="Fail", matchPolicy="Equivalent", timeoutSeconds=10)
        fill(hook, namespaceSelector={}, objectSelector={})
        if obj.get("kind") == "MutatingWebhookConfiguration":
            fill(hook, reinvocationPolicy="Never")
        default_port(hook.get("clientConfig") or {})
        for rule in hook.get("rules") or ():
            fill(rule, scope="*")


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of each webhook: name, rules, policies, selectors, address, conditions, versions."""
    hooks = obj.get("webhooks") or ()
    before = [] if old is None else [hook.get("matchConditions") for hook in old.get("webhooks") or ()]
    checks_conditions = old is None or before != [hook.get("matchConditions") for hook in hooks]
    causes: list[Cause] = []
    names: set[str] = set()
    for position, hook in enumerate(hooks):
        path, name = f"webhooks[{position}]", hook.get("name") or ""
        causes += _hook(hook, path)
        if checks_conditions and hook.get("matchConditions"):
            # Imported on demand: few servers get webhooks with conditions.
            from kube_apiserver.kinds.admissionregistration.expressions import condition_causes

            causes += condition_causes(hook["matchConditions"], f"{path}.matchConditions")
        causes += _versions(hook.get("admissionReviewVersions") or (), f"{path}.admissionReviewVersions")
        if name and name in names:
            causes.append(messages.duplicate(f"{path}.name", name))
        names.add(name)
    return causes + name_causes(obj, old)


def _hook(hook: Object, path: str) -> Iterator[Cause]:
    yield from _name(hook.get("name") or "", f"{path}.name")
    for position, rule in enumerate(hook.get("rules") or ()):
        yield from rule_causes(rule, f"{path}.rules[{position}]")
    for name, allowed in (("failurePolicy", FAILURE_POLICIES), ("matchPolicy", MATCH_POLICIES)):
        if (value := hook.get(name)) not in allowed:
            yield messages.not_supported(f"{path}.{name}", value, allowed)
    effects = hook.get("sideEffects")
    if effects is None:
        yield messages.required(f"{path}.sideEffects", f"must specify one of {', '.join(_SIDE_EFFECTS)}")
    elif effects not in _SIDE_EFFECTS:
        yield messages.not_supported(f"{path}.sideEffects", effects, _SIDE_EFFECTS)
    seconds = hook.get("timeoutSeconds")
    if seconds is not None and not 1 <= seconds <= _LONGEST_TIMEOUT:
        why = f"the timeout value must be between 1 and {_LONGEST_TIMEOUT} seconds"
        yield messages.invalid(f"{path}.timeoutSeconds", seconds, why)
    for name in ("namespaceSelector", "objectSelector"):
        yield from selector_causes(hook.get(name), f"{path}.{name}")
    again = hook.get("reinvocationPolicy")
    if again is not None and again not in _REINVOCATIONS:
        yield messages.not_supported(f"{path}.reinvocationPolicy", again, _REINVOCATIONS)
    yield from client_causes(hook.get("clientConfig") or {}, f"{path}.clientConfig")


def _name(name: str, path: str) -> Iterator[Cause]:
    if not name:
        yield messages.required(path)
    elif problems := is_dns1123_subdomain(name):
        yield messages.invalid(path, name, ",".join(problems))
    elif name.count(".") < 2:
        yield messages.invalid(path, name, "should be a domain with at least three segments separated by dots")


def _versions(versions: Sequence[str], path: str) -> Iterator[Cause]:
    if not versions:
        yield messages.required(path, f"must specify one of {', '.join(_VERSIONS)}")
        return
    for position, version in enumerate(versions):
        where = f"{path}[{position}]"
        if version in versions[:position]:
            yield messages.invalid(where, version, "duplicate version")
            continue
        yield from (messages.invalid(where, version, why) for why in is_dns1035_label(version))
    if not any(version in _VERSIONS for version in versions):
        yield messages.invalid(path, versions, f"must include at least one of {', '.join(_VERSIONS)}")


def _warn(obj: Object, old: Object | None) -> list[str]:
    """Return a warning for each resource in a rule of a webhook that no webhook sees."""
    del old
    what = "is excluded from admission webhooks; this rule will have no effect"
    return [
        f"webhooks[{at}].rules[{position}]: {plural}.{group} {what}"
        for at, hook in enumerate(obj.get("webhooks") or ())
        for position, rule in enumerate(hook.get("rules") or ())
        for group, plural in _excluded(rule)
    ]


def _excluded(rule: Object) -> list[tuple[str, str]]:
    groups, plurals = rule.get("apiGroups") or (), rule.get("resources") or ()
    if "*" in groups or "*" in plurals:
        return []
    named = dict.fromkeys((group, plural) for group in groups for plural in plurals)
    return [each for each in named if each in _EXCLUDED]


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a webhook configuration."""
    return [name_cell(obj), len(obj.get("webhooks") or ()), age_cell(obj, now)]


_COLUMNS = columns("Name/name|Webhooks:integer|Age", _cells)
STRATEGIES = tuple(
    Strategy(
        group="admissionregistration.k8s.io",
        kind=f"{word}WebhookConfiguration",
        default=_default,
        validate_with_old=_validate,
        warn=_warn,
        counts_empty=True,
        unconditional_update=False,
        columns=_COLUMNS,
    )
    for word in ("Mutating", "Validating")
)
