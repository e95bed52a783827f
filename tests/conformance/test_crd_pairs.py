"""On kube-apiserver, the definition of a class and the one of its Go type accept, refuse, default and prune alike."""

import asyncio
from typing import Any

import pytest

from tests.conformance.differential.targets import Target
from tests.pairs.definitions import of_go, of_python
from tests.pairs.objects import objects
from tests.pairs.sending import Answer, Server, session

# Rules about changes need an object that is stored.
STORED = {"Transition": {"spec": {"fixed": "first", "growing": 5}}}
FEWEST = 5
#: The most objects that only one of the servers takes, by kind: oddities of go-openapi.
ODDITIES = {
    "Bytes": 3,  # a list in place of a text with a format
    "Times": 3,
    "Multiple": 2,  # 5e17, a float, is no multiple of 5; -1 is no multiple of 0.25
}
KINDS = sorted(of_go())

Answers = dict[str, tuple[list[Answer], list[Answer]]]


def bodies_of(kind: str) -> list[dict[str, Any]]:
    """Return the objects that are sent, made from the schema of Go's side."""
    return objects(kind, of_go()[kind]["spec"]["versions"][0]["schema"]["openAPIV3Schema"])


async def _play(target: Target) -> tuple[list[str], Answers]:
    definitions = [*of_go().values(), *of_python().values()]
    async with session(target) as opened:
        server = Server(opened)
        try:
            warnings = await server.install(definitions)
            return warnings, {kind: await _both(server, kind) for kind in KINDS}
        finally:
            await server.remove(definitions)


async def _both(server: Server, kind: str) -> tuple[list[Answer], list[Answer]]:
    bodies, stored = bodies_of(kind), STORED.get(kind)
    pair = (of_go()[kind], of_python()[kind])
    if stored is None:
        go, python = [await server.answers(each, bodies) for each in pair]
    else:
        go, python = [await server.answers_of_updates(each, stored, bodies) for each in pair]
    return go, python


@pytest.fixture(scope="module")
def played(real_server: Target) -> tuple[list[str], Answers]:
    return asyncio.run(_play(real_server))


@pytest.fixture(scope="module")
def played_embedded(embedded_server: Target) -> tuple[list[str], Answers]:
    return asyncio.run(_play(embedded_server))


def test_every_definition_is_accepted_without_a_warning(played: tuple[list[str], Answers]) -> None:
    assert played[0] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_objects_are_answered_alike(kind: str, played: tuple[list[str], Answers]) -> None:
    go, python = played[1][kind]
    different = [
        f"{body}\n  Go: {one}\n  class: {other}"
        for body, one, other in zip(bodies_of(kind), go, python, strict=True)
        if one != other
    ]

    assert different == []
    assert min(sum(each.accepted for each in go), sum(not each.accepted for each in go)) >= FEWEST


@pytest.mark.parametrize("kind", KINDS)
def test_the_embedded_server_accepts_and_refuses_the_same_objects(
    kind: str, played: tuple[list[str], Answers], played_embedded: tuple[list[str], Answers]
) -> None:
    real, embedded = played[1][kind][1], played_embedded[1][kind][1]
    different = [
        f"{body}\n  kube-apiserver: {one}\n  embedded: {other}"
        for body, one, other in zip(bodies_of(kind), real, embedded, strict=True)
        if (one.accepted, one.stored_document) != (other.accepted, other.stored_document)
    ]

    assert len(different) <= ODDITIES.get(kind, 0), "\n".join(different)
