"""Validation of Job specs, which CronJobs have as templates."""

from collections.abc import Iterator
from typing import Any

from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.strategies import Object
from kube_apiserver.validation.domain_names import prefixed_path_causes
from kube_apiserver.validation.forms.members import negative_causes, problem_causes
from kube_apiserver.validation.pods.specs import template_causes

_COUNTS = (
    *("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"),
    *("backoffLimitPerIndex", "maxFailedIndexes"),
)
_MODES = ("NonIndexed", "Indexed")
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_OPERATORS = ("In", "NotIn")
_STATUSES = ("False", "True", "Unknown")
_REPLACEMENTS = ("Failed", "TerminatingOrFailed")
_RESTARTS = ("OnFailure", "Never")
_LONGEST_MANAGER, _MOST_RULES, _MOST_CODES, _LONGEST_INDEXES = 63, 20, 255, 64 * 1024
_MOST_PARALLEL, _MOST_COMPLETIONS, _MOST_AT_ONCE = 100_000, 100_000, 10_000
_MANY = f"when completions are above {_MOST_COMPLETIONS} and used with backoff limit per index"
_LOST = (
    "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes "
    "might not be able to track completedIndexes when a big number of indexes fail"
)


def job_spec_causes(spec: Object, path: str) -> list[Cause]:
    """Return the field errors of the spec of a Job, besides its selector."""
    causes = [*negative_causes(spec, path, *_COUNTS)]
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        cause = messages.required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified")
        causes.append(messages.declared(cause))
    if (manager := spec.get("managedBy")) is not None:
        causes += prefixed_path_causes(manager, f"{path}.managedBy")
        if len(manager.encode()) > _LONGEST_MANAGER:
            causes.append(messages.too_long(f"{path}.managedBy", _LONGEST_MANAGER))
    causes += _mode(spec, path)
    if (policy := spec.get("podFailurePolicy")) is not None:
        causes += _failures(policy, spec, f"{path}.podFailurePolicy.rules")
    if (policy := spec.get("successPolicy")) is not None:
        causes += _success(policy, spec, f"{path}.successPolicy")
    causes += _replacement(spec, f"{path}.podReplacementPolicy")
    causes += template_causes(spec.get("template") or {}, f"{path}.template")
    return [*causes, *_restart(spec, f"{path}.template.spec.restartPolicy")]


def job_warnings(spec: Object, path: str) -> list[str]:
    """Return the warning about a Job with too many indexes."""
    indexes, parallel = spec.get("completions") or 0, spec.get("parallelism") or 0
    is_large = indexes > _MOST_COMPLETIONS and parallel > _MOST_AT_ONCE
    return [f"{path}: {_LOST}"] if is_large and spec.get("completionMode") == "Indexed" else []


def _mode(spec: Object, path: str) -> Iterator[Cause]:
    mode = spec.get("completionMode")
    if mode is not None and mode not in _MODES:
        yield messages.not_supported(f"{path}.completionMode", mode, _MODES)
    if mode == "Indexed":
        yield from _indexed(spec, path)
    if mode in (None, "NonIndexed"):
        for name in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if (value := spec.get(name)) is not None:
                yield messages.invalid(f"{path}.{name}", value, "requires indexed completion mode")


def _indexed(spec: Object, path: str) -> Iterator[Cause]:
    names = ("completions", "parallelism", "maxFailedIndexes")
    completions, parallelism, failed = (spec.get(name) for name in names)
    if completions is None:
        yield messages.required(f"{path}.completions", "when completion mode is Indexed")
    if (parallelism or 0) > _MOST_PARALLEL:
        detail = f"must be less than or equal to {_MOST_PARALLEL} when completion mode is Indexed"
        yield messages.invalid(f"{path}.parallelism", parallelism, detail)
    where = f"{path}.maxFailedIndexes"
    if failed is not None and completions is not None and failed > completions:
        yield messages.invalid(where, failed, "must be less than or equal to completions")
    if (failed or 0) > _MOST_PARALLEL:
        yield messages.invalid(where, failed, f"must be less than or equal to {_MOST_PARALLEL}")
    if (completions or 0) <= _MOST_COMPLETIONS or spec.get("backoffLimitPerIndex") is None:
        return
    if failed is None:
        yield messages.required(where, f"must be specified when completions is above {_MOST_COMPLETIONS}")
    for name, value in (("parallelism", parallelism), ("maxFailedIndexes", failed)):
        if (value or 0) > _MOST_AT_ONCE:
            detail = f"must be less than or equal to {_MOST_AT_ONCE} {_MANY}"
            yield messages.invalid(f"{path}.{name}", value, detail)


def _failures(policy: Object, spec: Object, path: str) -> Iterator[Cause]:
    rules = policy.get("rules") or ()
    if len(rules) > _MOST_RULES:
        yield messages.too_many(path, len(rules), _MOST_RULES)
    inside = (spec.get("template") or {}).get("spec") or {}
    names = {each.get("name") or "" for kind in ("containers", "initContainers") for each in inside.get(kind) or ()}
    for position, rule in enumerate(rules):
        where, action = f"{path}[{position}]", rule.get("action") or ""
        if not action:
            yield messages.required(f"{where}.action", _valid(_ACTIONS))
        elif action == "FailIndex":
            if spec.get("backoffLimitPerIndex") is None:
                yield messages.invalid(f"{where}.action", action, "requires the backoffLimitPerIndex to be set")
        elif action not in _ACTIONS:
            yield messages.not_supported(f"{where}.action", action, _ACTIONS)
        codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions") or ()
        if codes is not None:
            yield from _codes(codes, names, f"{where}.onExitCodes")
        yield from _conditions(conditions, f"{where}.onPodConditions")
        if codes is not None and conditions:
            yield _without_value(where, "specifying both OnExitCodes and OnPodConditions is not supported")
        if codes is None and not conditions:
            yield _without_value(where, "specifying one of OnExitCodes and OnPodConditions is required")


def _valid(values: tuple[str, ...]) -> str:
    return f"valid values: [{' '.join(messages.shown(value) for value in values)}]"


def _without_value(path: str, detail: str) -> Cause:
    return Cause(path, "FieldValueInvalid", f"Invalid value: {detail}")


def _codes(codes: Object, names: set[str], path: str) -> Iterator[Cause]:
    operator, values, container = codes.get("operator") or "", codes.get("values") or [], codes.get("containerName")
    if not operator:
        yield messages.required(f"{path}.operator", _valid(_OPERATORS))
    elif operator not in _OPERATORS:
        yield messages.not_supported(f"{path}.operator", operator, _OPERATORS)
    if container is not None and container not in names:
        detail = "must be one of the container or initContainer names in the pod template"
        yield messages.invalid(f"{path}.containerName", container, detail)
    if not values:
        yield messages.invalid(f"{path}.values", codes.get("values"), "at least one value is required")
    elif len(values) > _MOST_CODES:
        yield messages.too_many(f"{path}.values", len(values), _MOST_CODES)
    for position, code in enumerate(values):
        if operator == "In" and code == 0:
            yield messages.invalid(f"{path}.values[{position}]", code, "must not be 0 for the In operator")
        if code in values[:position]:
            yield messages.duplicate(f"{path}.values[{position}]", code)
    if list(values) != sorted(values):
        yield messages.invalid(f"{path}.values", list(values), "must be ordered")


def _conditions(conditions: Any, path: str) -> Iterator[Cause]:
    if len(conditions) > _MOST_RULES:
        yield messages.too_many(path, len(conditions), _MOST_RULES)
    for position, condition in enumerate(conditions):
        where, kind, status = f"{path}[{position}]", condition.get("type") or "", condition.get("status") or ""
        yield from problem_causes(f"{where}.type", kind, is_qualified_name(kind))
        if not status:
            yield messages.required(f"{where}.status", _valid(_STATUSES))
        elif status not in _STATUSES:
            yield messages.not_supported(f"{where}.status", status, _STATUSES)


def _success(policy: Object, spec: Object, path: str) -> Iterator[Cause]:
    rules = policy.get("rules") or ()
    if spec.get("completionMode") != "Indexed":
        names = {"SucceededIndexes": "succeededIndexes", "SucceededCount": "succeededCount"}
        shown = [{shown: rule.get(name) for shown, name in names.items()} for rule in rules]
        yield messages.invalid(path, {"Rules": shown or None}, "requires indexed completion mode")
        return
    if not rules:
        detail = "at least one rules must be specified when the successPolicy is specified"
        yield messages.required(f"{path}.rules", detail)
    if len(rules) > _MOST_RULES:
        yield messages.too_many(f"{path}.rules", len(rules), _MOST_RULES)
    for position, rule in enumerate(rules):
        yield from _success_rule(rule, spec.get("completions") or 0, f"{path}.rules[{position}]")


def _success_rule(rule: Object, completions: int, path: str) -> Iterator[Cause]:
    count, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
    if count is None and indexes is None:
        yield messages.required(path, "at least one of succeededCount or succeededIndexes must be specified")
    total = 0
    if indexes is not None:
        if len(indexes.encode()) > _LONGEST_INDEXES:
            yield messages.too_long(f"{path}.succeededIndexes", _LONGEST_INDEXES)
        if why := index_problem(indexes, completions):
            detail = f"error parsing succeededIndexes: {why}"
            yield messages.invalid(f"{path}.succeededIndexes", indexes, detail)
        else:
            total = len(indexes_in(indexes, completions))
    if count is None:
        return
    yield from negative_causes(rule, path, "succeededCount")
    limits = [(completions, "specified completions")]
    if indexes is not None:
        limits.append((total, "indexes in the specified succeededIndexes field"))
    for limit, what in limits:
        if count > limit:
            detail = f"must be less than or equal to {limit} (the number of {what})"
            yield messages.invalid(f"{path}.succeededCount", count, detail)


def index_problem(text: str, limit: int) -> str:
    """Return why a list of indexes such as ``1,3-5`` is invalid, "" if it is valid."""
    last: int | None = None
    for interval in text.split(",") if text else ():
        parts = interval.split("-")
        if len(parts) > 2:
            rule = "violates the requirement that an index interval can have at most two parts separated by '-'"
            return f"the fragment {messages.shown(interval)} {rule}"
        for part in parts:
            if not part.removeprefix("+").isdecimal():
                return f"cannot convert string to integer for index: {messages.shown(part)}"
            if int(part) >= limit:
                return f"too large index: {messages.shown(part)}"
        first, end = int(parts[0]), int(parts[-1])
        if len(parts) == 2 and first >= end:
            return f"non-increasing order, previous: {first}, current: {end}"
        if last is not None and last >= first:
            return f"non-increasing order, previous: {last}, current: {first}"
        last = end
    return ""


def indexes_in(text: str, limit: int) -> set[int]:
    """Return the indexes in the valid intervals of a list."""
    found: set[int] = set()
    for interval in text.split(","):
        if interval and not index_problem(interval, limit):
            first, _, end = interval.partition("-")
            found.update(range(int(first), int(end or first) + 1))
    return found


def _replacement(spec: Object, path: str) -> Iterator[Cause]:
    value = spec.get("podReplacementPolicy")
    allowed = _REPLACEMENTS if spec.get("podFailurePolicy") is None else _REPLACEMENTS[:1]
    if value is not None and value not in allowed:
        yield messages.not_supported(path, value, allowed)


def _restart(spec: Object, path: str) -> Iterator[Cause]:
    policy = ((spec.get("template") or {}).get("spec") or {}).get("restartPolicy") or ""
    if policy in ("Always", ""):
        yield messages.required(path, 'valid values: "OnFailure", "Never"')
    elif policy not in _RESTARTS:
        yield messages.not_supported(path, policy, _RESTARTS)
    elif spec.get("podFailurePolicy") is not None and policy != "Never":
        yield messages.invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')
