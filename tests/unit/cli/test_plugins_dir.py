"""The directory of the plugins: which commands create the default one."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from plugin_operator.cli.parameters import PluginsDir


@pytest.mark.parametrize("given", [[], ["--plugins-dir", "./plugins"], ["--plugins-dir", "plugins"]])
def test_the_default_directory_may_be_missing_also_if_it_is_written_out(
    given: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def ran(*, may_lack_default: bool) -> tuple[int, str]:
        @click.command()
        @click.option("--plugins-dir", type=PluginsDir(may_lack_default=may_lack_default), default="./plugins")
        def command(plugins_dir: Path) -> None:
            click.echo(plugins_dir)

        result = CliRunner().invoke(command, given)
        return result.exit_code, result.output

    assert ran(may_lack_default=True) == (0, "plugins\n")
    assert ran(may_lack_default=False)[0] == 2


def test_any_other_directory_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    @click.command()
    @click.option("--plugins-dir", type=PluginsDir(may_lack_default=True), default="./plugins")
    def command(plugins_dir: Path) -> None:
        click.echo(plugins_dir)

    result = CliRunner().invoke(command, ["--plugins-dir", "other"])
    assert (result.exit_code, '"other" is missing: create it' in result.output) == (2, True)
