"""The sandbox prints what to type so that its plugins do something, and nothing that does nothing."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin_operator.cli.group import group
from plugin_operator.cli.sandbox.first_steps import first_steps

CREATE = "create configmap hello --from-literal=a=b"


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    folder = tmp_path / "plugins"
    folder.mkdir()
    return folder


def new(plugins: Path, *arguments: str) -> None:
    made = CliRunner().invoke(group, ["new", "--dir", str(plugins.parent), *arguments])
    assert made.exit_code == 0, made.output


def test_a_new_plugin_gets_a_configmap_with_its_label(plugins: Path) -> None:
    new(plugins, "greet", "--for", "cm")
    steps = [CREATE, "label configmap hello example.com/greet=on", "get configmap hello -o yaml"]
    assert first_steps(plugins) == steps


def test_a_new_plugin_of_another_kind_gets_its_label(plugins: Path) -> None:
    new(plugins, "scaler", "--for", "deploy")
    assert first_steps(plugins) == ["label deployments NAME example.com/scaler=on"]


def test_a_new_kind_gets_its_sample(plugins: Path) -> None:
    new(plugins, "widget", "--for", "example.com/v1/Widget")
    assert first_steps(plugins) == [f"apply -f {plugins.parent / 'samples'}"]


@pytest.mark.parametrize(
    "text",
    [
        '@controller(for_="v1/ConfigMap")',
        'class Any:\n    for_ = "v1/ConfigMap"\n    name = "x"',
    ],
)
def test_a_plugin_for_all_configmaps_gets_one(text: str, plugins: Path) -> None:
    (plugins / "a.py").write_text(text)
    assert first_steps(plugins) == [CREATE, "label configmap hello colour=green", "delete configmap hello"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'@controller(for_="v1/ConfigMap", label_selector="app=web")',
        b'@controller(for_="v1/Secret")',
        b'for_="v1/ConfigMap" \xff',
        b'for_="v1/ConfigMap"' + b" " * 1024 * 1024,
    ],
)
def test_any_other_plugin_gets_no_step_that_would_do_nothing(content: bytes, plugins: Path) -> None:
    (plugins / "a.py").write_bytes(content)
    assert first_steps(plugins) == []


def test_no_plugin_gets_no_step(plugins: Path) -> None:
    assert first_steps(plugins) == []
