"""A command that looks at a cluster mentions the sandbox of the folder, unless it looks at that."""

from pathlib import Path

import pytest

from kube_apiserver.config import Endpoint
from kube_apiserver.security.kubeconfig import write_kubeconfig
from plugin_operator.cli.cluster import chosen_cluster
from plugin_operator.errors import ConfigError

HINT = "or the sandbox of this folder, add --kubeconfig .sandbox/kubeconfig"
SOURCES = ("KUBECONFIG", "KUBERNETES_SERVICE_HOST")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder without any cluster, as working directory and home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for each in SOURCES:
        monkeypatch.delenv(each, raising=False)
    return tmp_path


def cluster(path: Path, port: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_kubeconfig(path, Endpoint(f"http://127.0.0.1:{port}"))


def test_without_another_cluster_the_error_names_the_sandbox(folder: Path) -> None:
    with pytest.raises(ConfigError) as without:
        chosen_cluster(None, None)
    assert HINT not in str(without.value)
    cluster(folder / ".sandbox" / "kubeconfig", 1)
    with pytest.raises(ConfigError, match=rf"{HINT}$"):
        chosen_cluster(None, None)


def test_beside_another_cluster_a_line_names_both(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cluster(folder / ".sandbox" / "kubeconfig", 1)
    cluster(folder / ".kube" / "config", 2)
    assert chosen_cluster(None, None).host == "http://127.0.0.1:2"
    assert capsys.readouterr().err == f"Cluster http://127.0.0.1:2; f{HINT}\n"


def test_a_chosen_cluster_is_looked_at_silently(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of_sandbox = folder / ".sandbox" / "kubeconfig"
    cluster(of_sandbox, 1)
    assert chosen_cluster(".sandbox/kubeconfig", None).host == "http://127.0.0.1:1"
    monkeypatch.setenv("KUBECONFIG", str(of_sandbox))
    assert chosen_cluster(None, None).host == "http://127.0.0.1:1"
    assert capsys.readouterr().err == ""
