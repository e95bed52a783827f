"""A server with a data folder, killed at any moment, loses nothing that it acknowledged."""

import asyncio
import random
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path

import aiohttp
import pytest
from aiohttp.client import ClientSession

from plugin_operator.testing.eventually import eventually

pytestmark = pytest.mark.embedded_only("it kills a server on its data")

SERVER = """
import asyncio, sys
from pathlib import Path
from kube_apiserver import ApiServer, ApiServerConfig

async def main():
    server = ApiServer(ApiServerConfig(tls=False, data_dir=Path(sys.argv[1])))
    print((await server.start()).url, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"


async def started(folder: Path) -> tuple[Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 20)
    return process, line.decode().strip()


async def write_until_killed(session: ClientSession, url: str, writer: int, acknowledged: set[str]) -> None:
    index = 0
    while True:
        name = f"w{writer}-{index}"
        try:
            async with session.post(url + CONFIGMAPS, json={"metadata": {"name": name}}) as answer:
                if answer.status == 201:
                    acknowledged.add(name)
        except (aiohttp.ClientError, OSError):
            return
        index += 1


@pytest.mark.parametrize("round_number", range(3))
async def test_a_kill_under_load_loses_no_acknowledged_write(tmp_path: Path, round_number: int) -> None:
    del round_number
    process, url = await started(tmp_path)
    acknowledged: set[str] = set()
    enough = random.randint(50, 150)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session, asyncio.TaskGroup() as group:
        for writer in range(8):
            group.create_task(write_until_killed(session, url, writer, acknowledged))
        await eventually(lambda: len(acknowledged) >= enough)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    process, url = await started(tmp_path)
    try:
        async with aiohttp.ClientSession() as session, session.get(url + CONFIGMAPS) as answer:
            found = {item["metadata"]["name"] for item in (await answer.json())["items"]}
    finally:
        process.terminate()
        await process.wait()
    assert acknowledged <= found
