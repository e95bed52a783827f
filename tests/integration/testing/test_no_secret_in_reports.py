"""A failed test shows no data of Secrets that the harness's API server was given, whatever pytest shows of it."""

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

PLUGIN = """
import base64, logging
from plugin_operator import controller

@controller(for_="v1/Secret", name="reader")
async def reader(ctx, request):
    cached = ctx.lister.get(request)
    if cached is None:
        return
    held = {key: base64.b64decode(value) for key, value in (cached.get("data") or {}).items()}
    ctx.log.debug("Secret seen", cached=cached)
    logging.getLogger(__name__).warning("Read %s", held)
    raise RuntimeError(f"refused: {held}")
"""
TESTS = """
import asyncio, base64, logging, sys
import pytest
from plugin_operator.testing import PluginHarness, eventually

kept = {}

def encoded(text): return base64.b64encode(text.encode()).decode()

MULTILINE = "-----BEGIN-----\\\\nline-LEAKED-of-a-key-0001\\\\nline-LEAKED-of-a-key-0002\\\\n" + "LEAKED-filler-" * 60
SECRET = {
    "apiVersion": "v1", "kind": "Secret",
    "metadata": {"name": "s", "annotations": {
        "kubectl.kubernetes.io/last-applied-configuration": '{"stringData":{"old":"LEAKED-in-annotation"}}'}},
    "data": {"plain": encoded("LEAKED-in-data"), "key": encoded(MULTILINE),
             "docker": encoded('{"auths": {"x": {"password": "LEAKED-inside-json"}}}'), "binary": "/0xFQUtFRAA="},
    "stringData": {"text": "LEAKED-in-stringdata"},
}

async def test_fills(plugin_harness):
    async with plugin_harness("reader.py") as harness:
        await harness.client.create(SECRET)
        await harness.settle()
        gone = await harness.client.get("v1/Secret", "s", "default")
        change = {"data": {"text": encoded("LEAKED-later")}}
        kept["obj"] = obj = await harness.client.patch("v1/Secret", "s", change, "default")
        kept["data"] = {key: base64.b64decode(value) for key, value in gone["data"].items()}
        logging.getLogger("test").error("have %s", obj)
        print("printed", kept["data"], file=sys.stderr)
        await harness.settle()
        assert harness.failing("reader") == {}

async def test_waits(plugin_harness):
    await eventually(lambda: kept["data"] if not kept["data"] else [], timeout_seconds=0)

async def test_shows_a_value(plugin_harness):
    await eventually(lambda: kept["obj"]["data"]["text"] == kept["obj"], timeout_seconds=0)

async def test_scenario(scenario):
    async with scenario("reader.py", objects=[SECRET]) as s:
        print([str(each) for each in s.requests])
        shown = {"requests": s.requests, "logs": s.logs, "writes": s.writes, "events": s.events}
        assert shown == {}

def test_compares_objects():
    obj = kept["obj"]
    assert obj == {"data": {}}

def test_compares_texts():
    text = kept["data"]["plain"].decode()
    assert text == "something else"

def test_compares_long_texts():
    text = kept["data"]["key"].decode()
    assert text == text.replace("0001", "0009")

def test_compares_bytes():
    assert kept["data"]["binary"] == b""

def test_looks_for():
    assert "x" in [kept["data"]["plain"], kept["data"]["docker"]]

def test_raises():
    raise ValueError(kept["data"]["plain"].decode(), kept["data"]["text"])

def test_raises_from():
    try:
        raise ExceptionGroup("LEAKED-in-data", [KeyError(kept["data"]["docker"])])
    except ExceptionGroup as error:
        raise RuntimeError("and so") from error

def test_cut():
    key = kept["data"]["key"].decode()
    assert not key

@pytest.mark.xfail(strict=True, reason="x")
def test_expected():
    pytest.fail(kept["data"]["plain"].decode())

@pytest.fixture
def broken():
    yield
    raise ValueError(kept["obj"])

def test_teardown(broken):
    pytest.skip("LEAKED-in-data")
"""
ENCODED = base64.b64encode(b"LEAKED").decode().rstrip("=")[:6]


def run(folder: Path, *options: str) -> str:
    (folder / "reader.py").write_text(PLUGIN)
    (folder / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), "-rA"]
    command += ["-p", "plugin_operator.testing.pytest_plugin", "--junitxml", "report.xml", *options, "."]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    return ended.stdout + ended.stderr + (folder / "report.xml").read_text()


@pytest.mark.parametrize(
    "options",
    [
        ("--showlocals", "-vv", "--color=yes", "--log-level=DEBUG"),
        ("--showlocals", "--tb=native", "-o", "junit_logging=all"),
    ],
    ids=["everything", "native"],
)
def test_a_failed_test_shows_no_data_of_secrets(tmp_path: Path, options: tuple[str, ...]) -> None:
    said = run(tmp_path, *options)
    assert re.search(r"1[12] failed", said), said[-2000:]
    assert "<Secret default/s: plain>" in said
    leaks = [line for line in said.splitlines() if "LEAKED" in line or ENCODED in line or "LAKED" in line]
    assert not leaks, "\n".join(leaks)
