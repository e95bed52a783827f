"""The control plane binary: it starts on a free port, keeps its data, and never outlives who started it."""

import json
import signal
import subprocess
from pathlib import Path

import aiohttp
import pytest

from tests.conformance.differential.targets import Target, read_kubeconfig, running


async def _configmap(target: Target, method: str) -> int:
    headers = {"Authorization": f"Bearer {target.token}"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}}
    path = "/api/v1/namespaces/default/configmaps" + ("/kept" if method == "GET" else "")
    async with aiohttp.ClientSession(target.url, headers=headers) as session:
        sent = None if method == "GET" else body
        async with session.request(method, path, json=sent, ssl=target.context or True) as answer:
            return answer.status


async def test_a_restart_on_the_same_data_keeps_objects_and_token(controlplane: str, tmp_path: Path) -> None:
    command = [controlplane, "--data-dir", str(tmp_path), "--stop-on-stdin-close"]
    with running(command, tmp_path / "kubeconfig", tmp_path / "log") as first:
        assert await _configmap(first, "POST") == 201
    with running(command, tmp_path / "kubeconfig", tmp_path / "log") as second:
        assert await _configmap(second, "GET") == 200
        assert second.token == first.token


def test_sigterm_stops_it_with_status_0(controlplane: str, tmp_path: Path) -> None:
    log = (tmp_path / "log").open("wb")
    with (
        log,
        subprocess.Popen([controlplane, "--data-dir", str(tmp_path)], stdout=subprocess.PIPE, stderr=log) as process,
    ):
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert read_kubeconfig(Path(ready["kubeconfig"])).url == ready["url"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], 2, "--data-dir is required"),
        (["--nonsense"], 2, "unknown flag: --nonsense"),
        (["--data-dir", "$tmp", "--", "--nonsense"], 1, "unknown flag: --nonsense"),
    ],
)
def test_bad_usage_says_what_is_wrong(
    controlplane: str, tmp_path: Path, arguments: list[str], status: int, said: str
) -> None:
    command = [controlplane, *(argument.replace("$tmp", str(tmp_path)) for argument in arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, said in ended.stderr) == (status, True)
