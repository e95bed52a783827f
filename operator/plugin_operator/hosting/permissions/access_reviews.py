"""``AccessReviews``: which calls the API server would deny.

Owns the reviews, their order and their number. A SelfSubjectRulesReview answers for many calls at once. A call that its
rules do not allow is asked for again by a SelfSubjectAccessReview, because the rules of some authorizers cannot be
listed. So a call counts as denied only if the API server has denied exactly it.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from plugin_operator.client import ApiRequest, Transport
from plugin_operator.clock import Clock
from plugin_operator.errors import PluginOperatorError
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.rules import allows
from plugin_operator.plugin import Permission

#: Most calls, and namespaces, that one call looks at; more are not reported.
MAX_WANTED, MAX_NAMESPACES = 1000, 50

_PATH = "/apis/authorization.k8s.io/v1"
_DEADLINE_SECONDS = 10.0
_MAX_AT_ONCE = 8
#: How long a denial holds while the rules of its namespace stay the same; and without complete rules.
_DENIED_SECONDS, _UNLISTED_SECONDS = 600.0, 30.0
_MAX_REMEMBERED = 4096

T = TypeVar("T")


class AccessUnknownError(Exception):
    """The API server did not say what it allows: the review was denied, failed, or has no usable answer."""


class _Rule(msgspec.Struct, rename="camel"):
    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()


class _RulesStatus(msgspec.Struct, rename="camel"):
    resource_rules: tuple[_Rule, ...]
    incomplete: bool = False


class _RulesReview(msgspec.Struct):
    status: _RulesStatus


class _AccessStatus(msgspec.Struct):
    allowed: bool
    denied: bool = False


class _AccessReview(msgspec.Struct):
    status: _AccessStatus


class _Rules(msgspec.Struct, frozen=True):
    """The rules of one namespace, and when they were asked for."""

    granted: tuple[Permission, ...] = ()
    complete: bool = False
    at: float = 0.0


class AccessReviews:
    """Asks the API server what a user may do. Answers are shared between calls for a short time.

    Args:
        transport: sends the reviews.
        clock: measures the age of answers.
        rules_seconds: how long plugins share the rules of a namespace.
        subject: the user of a SubjectAccessReview, as its ``spec``; None for the user of ``transport``.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        clock: Clock,
        rules_seconds: float = 0.0,
        subject: Mapping[str, Any] | None = None,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._rules_seconds = rules_seconds
        self._subject = subject
        self._rules: OrderedDict[str, _Rules] = OrderedDict()
        self._denied: OrderedDict[Call, tuple[float, Hashable]] = OrderedDict()

    async def denied(self, wanted: Iterable[Call]) -> list[Call]:
        """Return the calls that the API server denies, in order, without doubles.

        At most ``MAX_WANTED`` calls in ``MAX_NAMESPACES`` namespaces are looked at.

        Raises:
            AccessUnknownError: the API server did not answer a review; nothing is known then.
        """
        asked = list(dict.fromkeys(wanted))[:MAX_WANTED]
        namespaces = list(dict.fromkeys(each.namespace for each in asked))[:MAX_NAMESPACES]
        rules = {each: await self._rules_of(each) for each in namespaces}
        open_ = [each for each in asked if each.namespace in rules and not allows(rules[each.namespace].granted, each)]
        denied: list[Call] = []
        for start in range(0, len(open_), _MAX_AT_ONCE):
            batch = open_[start : start + _MAX_AT_ONCE]
            # All of a batch end before one of them fails, so that no review outlives the call.
            verdicts = await asyncio.gather(
                *(self._is_denied(each, rules[each.namespace]) for each in batch), return_exceptions=True
            )
            for call, verdict in zip(batch, verdicts, strict=True):
                if isinstance(verdict, BaseException):
                    raise verdict
                denied += [call] if verdict else []
        return denied

    async def _rules_of(self, namespace: str) -> _Rules:
        """Return the rules that hold in a namespace; for the empty one, those that hold in every namespace."""
        if self._subject is not None:
            return _Rules()
        known = self._rules.get(namespace)
        if known is not None and self._clock.monotonic() - known.at < self._rules_seconds:
            return known
        # The review needs a namespace. In one that does not exist, only ClusterRoles grant something.
        spec = {"namespace": namespace or f"none-{secrets.token_hex(12)}"}
        try:
            status = (await self._ask("SelfSubjectRulesReview", spec, _RulesReview)).status
        except AccessUnknownError:
            rules = _Rules()  # the access reviews decide alone
        else:
            granted = tuple(_permission(each) for each in status.resource_rules)
            rules = _Rules(granted, not status.incomplete, self._clock.monotonic())
            _put(self._rules, namespace, rules)
        return rules

    async def _is_denied(self, wanted: Call, rules: _Rules) -> bool:
        now = self._clock.monotonic()
        until, held_under = self._denied.get(wanted, (0.0, None))
        if now < until and held_under == (rules.granted, rules.complete):
            return True
        kind = "SelfSubjectAccessReview" if self._subject is None else "SubjectAccessReview"
        spec = {**(self._subject or {}), "resourceAttributes": _attributes(wanted)}
        status = (await self._ask(kind, spec, _AccessReview)).status
        if status.allowed and not status.denied:
            self._denied.pop(wanted, None)
            return False
        seconds = _DENIED_SECONDS if rules.complete else _UNLISTED_SECONDS
        _put(self._denied, wanted, (now + seconds, (rules.granted, rules.complete)))
        return True

    async def _ask(self, kind: str, spec: Mapping[str, Any], answer: type[T]) -> T:
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
        request = ApiRequest(
            "POST", f"{_PATH}/{kind.lower()}s", body=msgspec.json.encode(body), timeout_seconds=_DEADLINE_SECONDS
        )
        try:
            response = await self._transport.send(request)
            return msgspec.json.decode(response.body, type=answer)
        except (PluginOperatorError, msgspec.MsgspecError, RecursionError) as error:
            raise AccessUnknownError(f"{kind}: {error}") from error


def _permission(rule: _Rule) -> Permission:
    return Permission(rule.api_groups, rule.resources, rule.verbs, rule.resource_names)


def _attributes(call: Call) -> dict[str, str]:
    """Return the ``resourceAttributes`` of an access review."""
    fields = {
        "verb": call.verb,
        "group": call.api_group,
        "resource": call.resource,
        "subresource": call.subresource,
        "namespace": call.namespace,
        "name": call.name,
    }
    return {key: value for key, value in fields.items() if value}


def _put(remembered: "OrderedDict[Any, Any]", key: Hashable, value: Any) -> None:
    """Remember a value; if there are too many, the oldest is dropped."""
    remembered[key] = value
    remembered.move_to_end(key)
    if len(remembered) > _MAX_REMEMBERED:
        remembered.popitem(last=False)
