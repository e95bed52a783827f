"""kube-apiserver accepts the definitions of classes with everything that a class can say, without a warning."""

import asyncio
from typing import Any

from plugin_operator.kube.definitions import crd_of
from tests.conformance.differential.targets import Target
from tests.pairs.sending import Server, session
from tests.unit.kube.test_crds_of_classes import Widget, versions

VERSIONS = versions({"storage": True}, {"deprecated": "use v1"}, {"served": False, "deprecated": True})


async def _installed(target: Target, definitions: list[dict[str, Any]]) -> list[str]:
    async with session(target) as opened:
        server = Server(opened)
        try:
            return await server.install(definitions)
        finally:
            await server.remove(definitions)


def test_definitions_of_classes_are_accepted_without_a_warning(real_server: Target) -> None:
    assert asyncio.run(_installed(real_server, [crd_of([Widget]), crd_of(VERSIONS)])) == []
