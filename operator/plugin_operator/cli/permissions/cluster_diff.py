"""What a cluster does not grant of the permissions that plugins need.

Owns the connection and the identity that is asked for. Leaves the reviews to ``hosting.permissions``.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from plugin_operator.client import Connection, ConnectionConfig
from plugin_operator.clock import SystemClock
from plugin_operator.errors import PluginOperatorError
from plugin_operator.hosting.permissions.access_reviews import MAX_WANTED, AccessReviews, AccessUnknownError
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.needs import Need
from plugin_operator.hosting.permissions.permission_check import calls_of
from plugin_operator.hosting.permissions.rules import parts_of
from plugin_operator.metrics import Metrics

_SERVICE_ACCOUNT = "system:serviceaccount:"
_ALL_USERS = "system:authenticated"


class ClusterDiff(msgspec.Struct, frozen=True):
    """The needs that a cluster does not grant.

    Attributes:
        needs: what is missing, each in one namespace or in all.
        identity: who was asked for, for messages.
    """

    needs: tuple[Need, ...]
    identity: str


def diff_with_cluster(
    config: ConnectionConfig, needs: Iterable[Need], namespaces: tuple[str, ...], user: str
) -> ClusterDiff:
    """Return the needs that a cluster does not grant.

    Args:
        config: the cluster.
        needs: what plugins need.
        namespaces: namespaces that the operator watches; empty for all.
        user: who shall have the permissions; empty for the user of the kubeconfig.

    Raises:
        PluginOperatorError: the cluster cannot be reached, or does not answer the reviews.
    """
    identity = f"{user or 'the user of the kubeconfig'} at {config.host}"
    missing = asyncio.run(_missing(config, tuple(needs), namespaces, user))
    return ClusterDiff(missing, identity)


async def _missing(
    config: ConnectionConfig, needs: Sequence[Need], namespaces: tuple[str, ...], user: str
) -> tuple[Need, ...]:
    clock = SystemClock()
    parts = list(dict.fromkeys(_single(needs, namespaces)))
    calls = [next(iter(calls_of([each], ()))) for each in parts]
    async with Connection.open(config, Metrics(), clock=clock, user_agent="plugin-operator/rbac") as link:
        reviews = AccessReviews(link, clock=clock, rules_seconds=60.0, subject=_subject(user) if user else None)
        try:
            denied = {call async for call in _denied(reviews, calls)}
        except AccessUnknownError as error:
            raise PluginOperatorError(f"{config.host} does not say what is allowed: {error}") from error
    return tuple(part for part, call in zip(parts, calls, strict=True) if call in denied)


def _single(needs: Iterable[Need], namespaces: tuple[str, ...]) -> Iterator[Need]:
    """Yield needs of one verb on one resource in one namespace, or in all."""
    for need in needs:
        within = need.namespaces if need.namespaces is not None else () if need.is_of_all else namespaces
        for part in parts_of(need.rule):
            for namespace in within or ("",):
                yield replace(need, rule=part, namespaces=(namespace,) if namespace else (), is_of_all=False)


async def _denied(reviews: AccessReviews, calls: Sequence[Call]) -> AsyncIterator[Call]:
    """Yield denied calls; one review looks at some namespaces and calls only."""
    for namespace in dict.fromkeys(call.namespace for call in calls):
        there = list(dict.fromkeys(call for call in calls if call.namespace == namespace))
        for start in range(0, len(there), MAX_WANTED):
            for call in await reviews.denied(there[start : start + MAX_WANTED]):
                yield call


def _subject(user: str) -> dict[str, Any]:
    groups = [_ALL_USERS]
    if user.startswith(_SERVICE_ACCOUNT):
        namespace = user.removeprefix(_SERVICE_ACCOUNT).partition(":")[0]
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", *groups]
    return {"user": user, "groups": groups}
