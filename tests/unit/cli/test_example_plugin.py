"""A sandbox starts where there is no plugin yet."""

from pathlib import Path

import pytest

from plugin_operator.cli.sandbox.example_plugin import ExamplePlugin
from plugin_operator.errors import PluginOperatorError


def test_a_missing_directory_is_created_and_the_way_to_a_plugin_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ExamplePlugin(tmp_path / "plugins").prepare(is_wanted=False, may_ask=True)
    assert list((tmp_path / "plugins").iterdir()) == []
    assert "plugin-operator sandbox --example" in capsys.readouterr().out


def test_a_sandbox_that_starts_among_plugins_shows_the_way_to_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").touch()
    for shown in (True, False):  # an empty directory that is there already is meant
        ExamplePlugin(Path("plugins")).prepare(is_wanted=False, may_ask=False)
        assert ("plugin-operator sandbox --plugins-dir ." in capsys.readouterr().out) is shown


def test_the_example_is_written_once_and_never_over_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = ExamplePlugin(tmp_path)
    example.prepare(is_wanted=True, may_ask=False)
    assert '@controller(\n    for_="v1/ConfigMap"' in example.path.read_text()
    example.path.write_text("mine")
    ExamplePlugin(tmp_path).prepare(is_wanted=True, may_ask=False)
    assert example.path.read_text() == "mine"
    assert "stays as it is" in capsys.readouterr().out


def test_a_directory_that_cannot_be_created_names_the_flag(tmp_path: Path) -> None:
    (tmp_path / "plugins").write_text("a file")
    with pytest.raises(PluginOperatorError, match="name another with --plugins-dir"):
        ExamplePlugin(tmp_path / "plugins").prepare(is_wanted=False, may_ask=False)
