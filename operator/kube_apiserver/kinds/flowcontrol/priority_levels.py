"""PriorityLevelConfigurations."""

import math
from collections.abc import Iterator

from kube_apiserver.defaulting.fields import fill
from kube_apiserver.kinds.flowcontrol.conditions import typed_condition_causes, validate_status
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Draft, Object, Strategy

_QUEUING = {"handSize": 8, "queues": 64, "queueLengthLimit": 50}
_TYPES, _RESPONSES = ("Exempt", "Limited"), ("Queue", "Reject")
_EXEMPT = "exempt"
_MOST_QUEUES, _MOST_BITS = 10**7, 60
_LENDABLE = "must be between 0 and 100, inclusive"
_NAMED = "must be 'Exempt' if and only if `name` is 'exempt'"


def _default(obj: Draft) -> None:
    """Set the shares, the part that may be lent, and the numbers of the queues."""
    spec = obj.get("spec") or {}
    for name, shares in ((_EXEMPT, 0), ("limited", 30)):
        if isinstance(level := spec.get(name), dict):
            fill(level, nominalConcurrencyShares=shares, lendablePercent=0)
            queuing = (level.get("limitResponse") or {}).get("queuing")
            if isinstance(queuing, dict):
                queuing.update({key: queuing.get(key) or number for key, number in _QUEUING.items()})


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of the type, what it allows, the numbers of shares and queues, and the conditions."""
    name, spec = obj["metadata"].get("name", ""), obj.get("spec") or {}
    kind, exempt, limited = spec.get("type") or "", spec.get(_EXEMPT), spec.get("limited")
    causes = []
    if (name == _EXEMPT) != (kind == "Exempt"):
        causes.append(messages.invalid("spec.type", kind, _NAMED))
    if kind == "Exempt":
        causes += _numbers(exempt or {}, "spec.exempt")
    elif kind == "Limited":
        causes += _limited(limited, "spec.limited") if limited is not None else ()
    elif kind:
        causes.append(messages.not_supported("spec.type", kind, _TYPES))
    return [*causes, *_declared(kind, exempt, limited), *typed_condition_causes(obj)]


def _declared(kind: str, exempt: Object | None, limited: Object | None) -> Iterator[Cause]:
    """Yield the errors that tags of the Go types declare."""
    if exempt is not None and kind != "Exempt":
        yield messages.declared(messages.forbidden("spec.exempt"))
    if (limited is None) is (kind == "Limited"):
        found = messages.required("spec.limited") if limited is None else messages.forbidden("spec.limited")
        yield messages.declared(found)
    if not kind:
        yield messages.declared(messages.required("spec.type"))
    if limited is None:
        return
    response = limited.get("limitResponse") or {}
    form, queuing = response.get("type") or "", response.get("queuing")
    path = "spec.limited.limitResponse"
    if (queuing is None) is (form == "Queue"):
        where = f"{path}.queuing"
        yield messages.declared(messages.required(where) if queuing is None else messages.forbidden(where))
    if not form:
        yield messages.declared(messages.required(f"{path}.type"))


def _numbers(level: Object, path: str) -> Iterator[Cause]:
    if (shares := level.get("nominalConcurrencyShares") or 0) < 0:
        yield messages.invalid(f"{path}.nominalConcurrencyShares", shares, "must be a non-negative integer")
    if not 0 <= (lendable := level.get("lendablePercent") or 0) <= 100:
        yield messages.invalid(f"{path}.lendablePercent", lendable, _LENDABLE)


def _limited(level: Object, path: str) -> Iterator[Cause]:
    numbers = [*_numbers(level, path)]
    yield from (cause for cause in numbers if cause.field.endswith("Shares"))
    response = level.get("limitResponse") or {}
    form, queuing = response.get("type") or "", response.get("queuing")
    if form == "Queue":
        yield from _queues(queuing, f"{path}.limitResponse.queuing") if queuing is not None else ()
    elif form and form != "Reject":
        yield messages.not_supported(f"{path}.limitResponse.type", form, _RESPONSES)
    yield from (cause for cause in numbers if not cause.field.endswith("Shares"))
    if (borrowed := level.get("borrowingLimitPercent") or 0) < 0:
        why = "if specified, must be a non-negative integer"
        yield messages.invalid(f"{path}.borrowingLimitPercent", borrowed, why)


def _queues(queuing: Object, path: str) -> Iterator[Cause]:
    length, queues, hand = (queuing.get(name) or 0 for name in ("queueLengthLimit", "queues", "handSize"))
    if length <= 0:
        yield messages.invalid(f"{path}.queueLengthLimit", length, "must be positive")
    if queues <= 0:
        yield messages.invalid(f"{path}.queues", queues, "must be positive")
    elif queues > _MOST_QUEUES:
        yield messages.invalid(f"{path}.queues", queues, f"must not be greater than {_MOST_QUEUES}")
    if hand <= 0:
        yield messages.invalid(f"{path}.handSize", hand, "must be positive")
    elif hand > queues:
        yield messages.invalid(f"{path}.handSize", hand, f"should not be greater than queues ({queues})")
    elif math.ceil(math.log2(queues) * hand) > _MOST_BITS:
        what = f"required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {_MOST_BITS}"
        yield messages.invalid(f"{path}.handSize", hand, what)


STRATEGIES = (
    Strategy(
        group="flowcontrol.apiserver.k8s.io",
        kind="PriorityLevelConfiguration",
        default=_default,
        validate=_validate,
        validate_status=validate_status,
        reset_fields={"status": ("spec", "metadata")},
    ),
)
