"""What webhooks and policies match: rules of operations and resources, selectors, and their defaults."""

from collections.abc import Iterator, Sequence
from typing import Any

from kube_apiserver.defaulting.fields import fill
from kube_apiserver.schema import Cause, is_path_segment, messages
from kube_apiserver.strategies import Object
from kube_apiserver.validation.label_selectors import selector_causes

_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_MUTATED = ("*", "CONNECT", "CREATE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")
FAILURE_POLICIES = ("Fail", "Ignore")
MATCH_POLICIES = ("Equivalent", "Exact")


def default_matches(matches: Any) -> None:
    """Set selectors, the policy and the scopes of rules."""
    if isinstance(matches, dict):
        fill(matches, matchPolicy="Equivalent", namespaceSelector={}, objectSelector={})
        for name in ("resourceRules", "excludeResourceRules"):
            for rule in matches.get(name) or ():
                fill(rule, scope="*")


def match_causes(matches: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of what a policy or binding matches."""
    if (policy := matches.get("matchPolicy")) not in MATCH_POLICIES:
        yield messages.not_supported(f"{path}.matchPolicy", policy, MATCH_POLICIES)
    for name in ("namespaceSelector", "objectSelector"):
        yield from selector_causes(matches.get(name), f"{path}.{name}")
    for name in ("resourceRules", "excludeResourceRules"):
        for position, rule in enumerate(matches.get(name) or ()):
            yield from _named_rule(rule, f"{path}.{name}[{position}]")


def mutated_causes(matches: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of operations that nothing mutates."""
    for rule in matches.get("resourceRules") or ():
        for operation in rule.get("operations") or ():
            if operation not in _MUTATED:
                yield messages.not_supported(f"{path}.resourceRules.operations", operation, _MUTATED)


def _named_rule(rule: Object, path: str) -> Iterator[Cause]:
    names = rule.get("resourceNames") or ()
    for position, name in enumerate(names):
        where = f"{path}.resourceNames[{position}]"
        yield from (messages.invalid(where, name, why) for why in is_path_segment(name))
        if name in names[:position]:
            yield messages.duplicate(where, name)
    yield from rule_causes(rule, path)


def rule_causes(rule: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of a rule: operations, groups, versions, resources, scope."""
    operations = rule.get("operations") or ()
    yield from _listed(operations, f"{path}.operations", "operations")
    for position, operation in enumerate(operations):
        if operation not in _OPERATIONS:
            yield messages.not_supported(f"{path}.operations[{position}]", operation, _OPERATIONS)
    yield from _listed(rule.get("apiGroups") or (), f"{path}.apiGroups", "API groups")
    versions = rule.get("apiVersions") or ()
    yield from _listed(versions, f"{path}.apiVersions", "API versions")
    for position, version in enumerate(versions):
        if not version:
            yield messages.required(f"{path}.apiVersions[{position}]")
    yield from _resources(rule.get("resources") or (), f"{path}.resources")
    if (scope := rule.get("scope")) is not None and scope not in _SCOPES:
        yield messages.not_supported(f"{path}.scope", scope, _SCOPES)


def _listed(names: Sequence[str], path: str, what: str) -> Iterator[Cause]:
    if not names:
        yield messages.required(path)
    if len(names) > 1 and "*" in names:
        yield messages.invalid(path, names, f"if '*' is present, must not specify other {what}")


def _resources(resources: Sequence[str], path: str) -> Iterator[Cause]:
    if not resources:
        yield messages.required(path)
    whole: set[str] = set()
    parts: set[str] = set()
    for position, each in enumerate(resources):
        if not each:
            yield messages.required(f"{path}[{position}]")
        resource, slash, part = each.partition("/")
        if not slash:
            continue
        if resource in whole:
            why = f"if '{resource}/*' is present, must not specify {each}"
            yield messages.invalid(f"{path}[{position}]", each, why)
        if part in parts:
            why = f"if '*/{part}' is present, must not specify {each}"
            yield messages.invalid(f"{path}[{position}]", each, why)
        whole |= {resource} if part == "*" else set()
        parts |= {part} if resource == "*" else set()
    if len(resources) > 1 and "*/*" in resources:
        yield messages.invalid(path, resources, "if '*/*' is present, must not specify other resources")
    # Like kube-apiserver, it looks at the last one without a subresource only.
    plain = [each for each in resources if each and "/" not in each]
    if "*" in resources and plain[-1:] != ["*"]:
        why = "if '*' is present, must not specify other resources without subresources"
        yield messages.invalid(path, resources, why)
