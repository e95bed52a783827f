"""Signed plugins from key to running operator, as a person would do it."""

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Run, Sandbox, StartSandbox

PLUGIN = (
    "from plugin_operator import controller\n\n"
    "@controller(for_='v1/ConfigMap', namespaces=['default'])\n"
    "async def one(ctx, request):\n    ctx.log.info('{word}', seen=request.name)\n"
)

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    """Make keys with the commands that the manual names."""
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    for command in (
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(private)],
        ["openssl", "pkey", "-in", str(private), "-pubout", "-out", str(public)],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return private, public


def test_what_was_signed_validates_and_what_was_altered_does_not(run: Run, plugins: Path, keys: Any) -> None:
    private, public = keys
    (plugins / "one.py").write_text(PLUGIN.format(word="one"))
    assert "plugins.manifest.json is missing" in run("validate", "--plugins-signature-key", public, plugins).stderr
    signed = run("sign", "--key", private, plugins)
    assert signed.returncode == 0, signed.stderr
    assert signed.stdout.startswith(f"{plugins}: signed 1 file with serial ")
    for path in (plugins, plugins / "one.py"):
        assert run("validate", "--plugins-signature-key", public, path).stdout.startswith(f"{plugins}/one.py: ok")
    (plugins / "two.py").write_text("open('ran', 'w')\n")
    for path in (plugins, plugins / "one.py", plugins / "two.py"):
        ended = run("validate", path, PLUGIN_OPERATOR_PLUGINS_SIGNATURE_KEY=str(public))
        assert ended.returncode == 1
        assert f"{plugins} is not trusted: two.py is not in plugins.manifest.json" in ended.stderr
    assert not list(plugins.parent.rglob("ran"))


def test_wrong_use_is_told_with_the_way_out(run: Run, plugins: Path, keys: Any, tmp_path: Path) -> None:
    private, public = keys
    (plugins / "one.py").write_text(PLUGIN.format(word="one"))
    ended = run("sign", plugins)
    assert (ended.returncode, "--key" in ended.stderr) == (2, True)
    ended = run("sign", "--key", public, plugins)
    assert (ended.returncode, "holds no private key" in ended.stderr) == (1, True)
    shutil.copy(private, plugins / "private.pem")
    ended = run("sign", "--key", plugins / "private.pem", plugins)
    assert (ended.returncode, "keep it elsewhere" in ended.stderr) == (2, True)
    (plugins / "private.pem").unlink()
    ended = run("run", "--plugins-dir", plugins, "--plugins-signature-key", tmp_path / "none.pem")
    assert (ended.returncode, "does not exist" in ended.stderr) == (2, True)
    ended = run("run", "--plugins-dir", plugins, PLUGIN_OPERATOR_PLUGINS_SIGNATURE_KEY="")
    assert (ended.returncode, "PLUGIN_OPERATOR_PLUGINS_SIGNATURE_KEY" in ended.stderr) == (2, True)
    (tmp_path / "config").write_text("")
    kubeconfig = tmp_path / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "c"}}
    users = [{"name": "c", "user": {}}]
    kubeconfig.write_text(
        json.dumps({"clusters": [cluster], "contexts": [context], "users": users, "current-context": "c"})
    )
    ended = run("run", "--kubeconfig", kubeconfig, "--plugins-dir", plugins, "--plugins-signature-key", private)
    assert (ended.returncode, "holds a private key, which must not be" in ended.stderr) == (2, True)


def test_a_sandbox_runs_signed_plugins_and_keeps_them_when_files_are_altered(
    sandbox: StartSandbox, run: Run, plugins: Path, keys: Any
) -> None:
    private, public = keys
    (plugins / "one.py").write_text(PLUGIN.format(word="first"))
    (plugins / "evil.py").write_text("open('ran', 'w')\n")
    operator = sandbox("--plugins-signature-key", str(public), "--scan-interval", "200ms")
    operator.output.wait_for("Plugins directory unusable", "plugins.manifest.json is missing")
    probes = json.loads(run("status", "-o", "json").stdout)
    assert probes["plugins"] == []
    assert "is not trusted" in probes["plugins_dir_problem"]
    assert status_of_probe(operator, "/readyz")[0] == 500
    assert "is not trusted" in status_of_probe(operator, "/readyz/plugins")[1]

    (plugins / "evil.py").unlink()
    assert run("sign", "--key", private, plugins).returncode == 0
    operator.output.wait_for("Plugin active", "one")
    operator.kubectl("create", "configmap", "a")
    operator.output.wait_for("first", "seen=a")
    assert run("status").returncode == 0

    (plugins / "one.py").write_text(PLUGIN.format(word="altered"))
    operator.output.wait_for("Plugins directory unusable", "one.py is changed since plugins.manifest.json")
    operator.kubectl("create", "configmap", "b")
    operator.output.wait_for("first", "seen=b")
    ended = run("status")
    assert ended.returncode == 1
    assert "one.py is changed since" in " ".join(ended.stdout.split())
    code, text = status_of_probe(operator, "/readyz?verbose")
    assert code == 200
    assert "[+]plugins ok (see /status): " in text
    assert "one.py is changed since plugins.manifest.json" in text

    assert run("sign", "--key", private, plugins).returncode == 0
    operator.output.wait_for("altered", "seen=b")
    assert "altered" not in operator.output.text.partition("usable again")[0].partition("Plugins directory usable")[0]
    assert not list(plugins.parent.rglob("ran"))
    assert operator.interrupt() == 0


def status_of_probe(operator: Sandbox, path: str) -> tuple[int, str]:
    announced = json.loads((operator.folder / ".sandbox" / "operator.json").read_text())
    try:
        with urllib.request.urlopen(f"http://{announced['probes']}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
