"""Plays units on both servers, several at a time, and compares."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from tests.conformance.differential.comparing import ABSENT, Difference, compare
from tests.conformance.differential.playing import USER_AGENT, Player
from tests.conformance.differential.targets import Target
from tests.conformance.mutations.definitions import CUSTOM
from tests.conformance.mutations.kinds import Kind
from tests.conformance.mutations.units import Sent, Unit

CONNECTIONS = 6
_READY_SECONDS = 60.0
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
#: How kube-apiserver logs that the handler of a request panicked.
_PANIC = re.compile(r'"apiserver panic\'d" method="(?P<method>[A-Z]+)" URI="(?P<uri>[^"]*)"')
#: Servers choose these by chance.
_CHOSEN = ("nodePort", "healthCheckNodePort")


@dataclass(frozen=True, slots=True)
class Found:
    """A difference, with the unit and the step in which it is; where only one server refused, what it said.

    ``beside`` has all differences of the step. ``has_panicked`` if kube-apiserver logged a panic of the request.
    """

    unit: Unit
    sent: Sent
    difference: Difference
    refusal: str = ""
    beside: tuple[Difference, ...] = ()
    has_panicked: bool = False


@contextlib.asynccontextmanager
async def _session(target: Target) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"User-Agent": USER_AGENT} | ({"Authorization": f"Bearer {target.token}"} if target.token else {})
    connector = aiohttp.TCPConnector(ssl=target.context or True, limit=1)
    async with aiohttp.ClientSession(target.url, headers=headers, connector=connector) as session:
        yield session


async def prepare(targets: list[Target], kinds: list[Kind]) -> None:
    """Create the namespaces and the definitions, and wait until every kind is served."""
    for target in targets:
        async with _session(target) as session:
            for kind in (each for each in kinds if each.namespaced):
                metadata = {"name": kind.namespace}
                await _post(
                    session, "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
                )
            groups = {each.group for each in kinds}
            for custom in CUSTOM:
                if custom.definition["spec"]["group"] in groups:
                    await _post(session, _DEFINITIONS, custom.definition)
            for kind in (each for each in kinds if "get" in each.verbs):
                await _served(session, kind)


async def _post(session: aiohttp.ClientSession, path: str, body: Any) -> None:
    async with session.post(path, json=body) as answer:
        if answer.status not in (201, 409):
            raise RuntimeError(f"POST {path} of {body['metadata']['name']}: {answer.status} {await answer.text()}")


async def _served(session: aiohttp.ClientSession, kind: Kind) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        async with session.get(kind.path) as answer:
            if answer.status == 200:
                return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{kind.path} is not served after {_READY_SECONDS:.0f} s")
        await asyncio.sleep(0.1)


async def play_all(real: Target, embedded: Target, units: list[Unit]) -> list[Found]:
    """Play every unit and return what differs, in the order of the units."""
    waiting = iter(enumerate(units))
    found: dict[int, list[Found]] = {}

    async def work() -> None:
        async with _session(real) as left, _session(embedded) as right:
            for position, unit in waiting:
                found[position] = await differences(unit, left, right)

    workers: list[Awaitable[None]] = [work() for _ in range(CONNECTIONS)]
    await asyncio.gather(*workers)
    return [each for position in sorted(found) for each in found[position]]


def with_panics(found: list[Found], log: str) -> list[Found]:
    """Return the differences, marked where kube-apiserver's log has a panic of the request."""
    panicked = {(match["method"], match["uri"]) for match in _PANIC.finditer(log)}
    return [replace(each, has_panicked=_request(each) in panicked) for each in found]


def _request(found: Found) -> tuple[str, str]:
    call = found.sent.call
    return (call.method, call.path) if call is not None else ("", "")


async def differences(unit: Unit, real: aiohttp.ClientSession, embedded: aiohttp.ClientSession) -> list[Found]:
    """Play one unit on both servers."""
    case = unit.case
    left, right = await asyncio.gather(Player(real, unit.word).play(case), Player(embedded, unit.word).play(case))
    return list(_told(unit, compare(case.name, left, right)))


def _told(unit: Unit, differing: list[Difference]) -> Iterator[Found]:
    """Leave out what only follows from a difference before it."""
    diverged = False
    said = {each.step: each for each in differing if each.path == "said"}
    for difference in differing:
        sent = unit.sent[int(difference.step.split(" ", 1)[0]) - 1]
        if _is_free(difference) or (diverged and sent.is_follow_up):
            continue
        beside = tuple(each for each in differing if each.step == difference.step)
        yield Found(unit, sent, difference, _refusal(said.get(difference.step)), beside)
        diverged = True


def _refusal(said: Difference | None) -> str:
    words = [each for each in (said.real, said.embedded) if each != ABSENT] if said else []
    return str(words[0]) if words else ""


def _is_free(difference: Difference) -> bool:
    """Tell whether it is a number that follows from an earlier difference, or one that servers draw."""
    both = (difference.real, difference.embedded)
    if all(isinstance(value, str) and value.startswith(("<version ", "<uid ")) for value in both):
        return True
    return difference.path.rpartition(".")[2] in _CHOSEN and all(isinstance(value, int) for value in both)
