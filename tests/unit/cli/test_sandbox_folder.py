"""The folder of a sandbox: one owner at a time, nothing stale left behind."""

import os
from pathlib import Path

import pytest

from plugin_operator.cli.sandbox.sandbox_folder import SandboxFolder, read_announcement
from plugin_operator.errors import PluginOperatorError


def test_a_second_sandbox_in_the_same_folder_is_refused_with_the_way_out(tmp_path: Path) -> None:
    first = SandboxFolder(tmp_path / "s")
    with pytest.raises(PluginOperatorError, match=rf"\(process {os.getpid()}\): stop it.*--sandbox-dir"):
        SandboxFolder(tmp_path / "s")
    first.release()
    SandboxFolder(tmp_path / "s").release()


def test_what_is_of_no_use_afterwards_is_removed(tmp_path: Path) -> None:
    folder = SandboxFolder(tmp_path)
    folder.kubeconfig.touch()
    folder.announce({"probes": "127.0.0.1:1"})
    assert read_announcement(tmp_path) == {"probes": "127.0.0.1:1"}
    folder.release()
    assert not folder.kubeconfig.exists()
    assert read_announcement(tmp_path) == {}


def test_the_folder_is_private(tmp_path: Path) -> None:
    folder = SandboxFolder(tmp_path / "deep" / "s")
    assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.release()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PluginOperatorError, match="name another with --sandbox-dir"):
        SandboxFolder(tmp_path / "file")


def test_an_announcement_that_makes_no_sense_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "operator.json").write_text("[1]")
    assert read_announcement(tmp_path) == {}
    (tmp_path / "operator.json").write_text("{")
    assert read_announcement(tmp_path) == {}
