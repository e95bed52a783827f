"""The start of a server imports what every server needs, and leaves the rest to the first request that needs it."""

import subprocess
import sys

PROGRAM = """
import asyncio, sys
from kube_apiserver import ApiServer, ApiServerConfig

async def main():
    async with ApiServer(ApiServerConfig(tls=False)):
        print(*sys.modules)

asyncio.run(main())
"""
#: What is needed for rules of CRDs, patterns, YAML, certificates and tokens, seeds, and the command.
LATER = {
    "aiohttp",
    "yarl",
    "go_cel",
    "re2",
    "yaml",
    "cryptography",
    "kube_apiserver.seeds",
    "kube_apiserver.command",
    "kube_apiserver.threaded",
}
#: A fifth of these are of asyncio.
MOST_MODULES = 570


def test_a_server_starts_without_what_it_may_never_need() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    modules = set(ended.stdout.split())
    assert modules & LATER == set()
    assert len(modules) <= MOST_MODULES, "import what a start does not need on demand, or raise the number"
