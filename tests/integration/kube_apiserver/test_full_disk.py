"""A server whose data folder is full: it says so, keeps what it has, and goes on by itself."""

import asyncio
import contextlib
import errno
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.storage import JournalFailed, log_file
from plugin_operator.testing.eventually import eventually

pytestmark = pytest.mark.embedded_only("it fills the disk of the embedded server")

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CRD = {
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "names": {"plural": "widgets", "kind": "Widget"},
        "scope": "Namespaced",
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
        ],
    },
}


class FullDisk:
    """Refuses everything that is written to the log while ``is_full``."""

    is_full = False

    def write(self, file: int, data: Any) -> int:
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return os.write(file, data)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


class Json:
    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self._session.request(method, self._url + path, json=body) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.text())

    async def names(self) -> set[str]:
        _, found = await self("GET", CONFIGMAPS)
        return {item["metadata"]["name"] for item in found["items"]}

    async def status(self, path: str) -> int:
        return (await self("GET", path))[0]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FullDisk:
    disk = FullDisk()
    monkeypatch.setattr(log_file, "os", disk)
    return disk


@pytest.fixture
async def server(disk: FullDisk, tmp_path: Path) -> AsyncIterator[ApiServer]:
    server = ApiServer(ApiServerConfig(tls=False, data_dir=tmp_path / "data"))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def api(server: ApiServer) -> AsyncIterator[Json]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield Json(session, server.endpoint.url)


async def test_a_refused_object_is_gone_and_the_server_is_unready_until_the_disk_takes_writes_again(
    api: Json, disk: FullDisk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert (await api("POST", CONFIGMAPS, {"metadata": {"name": "kept"}}))[0] == 201
    disk.is_full = True
    for name in ("refused", "another"):
        status, answer = await api("POST", CONFIGMAPS, {"metadata": {"name": name}})
        assert (status, answer["reason"]) == (500, "InternalError")
        assert "No space left on device" in answer["message"]
        assert await api.status(f"{CONFIGMAPS}/{name}") == 404
    assert (await api("DELETE", f"{CONFIGMAPS}/kept"))[0] == 500
    assert await api.names() == {"kept"}
    for probe in ("/readyz", "/livez", "/healthz"):
        status, text = await api("GET", probe)
        assert (status, "[-]storage failed: reason withheld" in text) == (500, True)
    assert "No space left" in (await api("GET", "/readyz/storage"))[1]
    assert await api.status("/readyz/ping") == 200
    disk.is_full = False
    await eventually_is(api, "/readyz", 200)
    assert (await api("POST", CONFIGMAPS, {"metadata": {"name": "refused"}}))[0] == 201
    assert await api.names() == {"kept", "refused"}
    logged = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(logged) == 2
    assert not any(record.exc_info for record in caplog.records)


async def test_a_restart_after_a_full_disk_has_what_was_acknowledged_and_nothing_else(
    server: ApiServer, api: Json, disk: FullDisk
) -> None:
    await api("POST", CONFIGMAPS, {"metadata": {"name": "kept"}})
    disk.is_full = True
    await api("POST", CONFIGMAPS, {"metadata": {"name": "refused"}})
    await server.stop()
    disk.is_full = False
    again = ApiServer(server.config)
    endpoint = await again.start()
    try:
        async with aiohttp.ClientSession() as session:
            assert await Json(session, endpoint.url).names() == {"kept"}
    finally:
        await again.stop()


async def test_a_kind_whose_definition_was_refused_is_not_served(api: Json, disk: FullDisk) -> None:
    disk.is_full = True
    assert (await api("POST", CRDS, CRD))[0] == 500
    await eventually_is(api, "/apis/example.com/v1/widgets", 404)
    disk.is_full = False
    await eventually_is(api, "/readyz", 200)
    assert (await api("POST", CRDS, CRD))[0] == 201
    await eventually_is(api, "/apis/example.com/v1/widgets", 200)


async def test_the_controllers_of_the_server_finish_their_work_once_there_is_space(
    server: ApiServer, api: Json, disk: FullDisk
) -> None:
    await api("POST", "/api/v1/namespaces", {"metadata": {"name": "ending"}})
    await api("POST", "/api/v1/namespaces/ending/configmaps", {"metadata": {"name": "inside"}})
    status, _ = await api("DELETE", "/api/v1/namespaces/ending")
    disk.is_full = True
    assert status == 200
    await eventually(lambda: bool(server.cluster.store.problem) or not _has_namespace(server, "ending"))
    disk.is_full = False
    await eventually_is(api, "/api/v1/namespaces/ending", 404)
    await eventually_is(api, "/readyz", 200)


def _has_namespace(server: ApiServer, name: str) -> bool:
    return server.cluster.store.shown("namespaces", name) is not None


async def eventually_is(api: Json, path: str, status: int) -> None:
    async with asyncio.timeout(20):
        while await api.status(path) != status:  # noqa: ASYNC110 - the server of the test is asked over HTTP
            await asyncio.sleep(0.02)


async def test_a_start_on_a_full_disk_fails_with_the_reason(disk: FullDisk, tmp_path: Path) -> None:
    disk.is_full = True
    with pytest.raises(JournalFailed, match="No space left"):
        await ApiServer(ApiServerConfig(tls=False, data_dir=tmp_path / "data")).start()
    disk.is_full = False
    again = ApiServer(ApiServerConfig(tls=False, data_dir=tmp_path / "data"))
    await again.start()
    await again.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here, so none is really filled: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(path: Path) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while os.write(file, bytes(4096)):
            continue
    os.close(file)


@pytest.mark.skipif(sys.platform != "linux", reason="a small file system is mounted with tmpfs, which Linux has")
async def test_a_disk_that_is_really_full_heals_when_space_returns(small_disk: Path) -> None:
    server = ApiServer(ApiServerConfig(tls=False, data_dir=small_disk / "data"))
    endpoint = await server.start()
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            api = Json(session, endpoint.url)
            assert (await api("POST", CONFIGMAPS, {"metadata": {"name": "kept"}}))[0] == 201
            fill(small_disk / "filler")
            big = {"metadata": {"name": "refused"}, "data": {"k": "x" * 20_000}}
            assert (await api("POST", CONFIGMAPS, big))[0] == 500
            assert await api.names() == {"kept"}
            assert await api.status("/readyz") == 500
            (small_disk / "filler").unlink()
            await eventually_is(api, "/readyz", 200)
            assert (await api("POST", CONFIGMAPS, big))[0] == 201
    finally:
        await server.stop()
    again = ApiServer(server.config)
    try:
        await again.start()
        assert sorted(item.name for item in again.cluster.store.bucket("configmaps").items.values()) == [
            "kept",
            "refused",
        ]
    finally:
        await again.stop()
