"""``check`` compares kinds with CustomResourceDefinitions that it is given, or finds beside the plugins."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from plugin_operator.cli.group import group
from tests.widget_files import write_widgets

CALLING = """
from plugin_operator import controller

@controller(for_="example.com/v1/Widget")
async def {name}(ctx, request):
    obj = ctx.lister.get(request)
    await Writer(ctx).write(obj)

class Writer:
    def __init__(self, context):
        self.of = context

    async def write(self, obj):
        await self.of.client.update_status(obj)
        await self.of.client.get("v1/Deployment", "web"){comment}
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, [str(each) for each in arguments])


def found(*arguments: object) -> list[str]:
    result = run("check", "-o", "json", *arguments)
    document: dict[str, Any] = json.loads(result.stdout)
    return [f"{Path(each['path']).name}:{each['line']} {each['rule']}" for each in document["mistakes"]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_widgets(tmp_path)
    (tmp_path / "plugins" / "calling.py").write_text(CALLING.format(name="calling", comment=""))
    return tmp_path


def without_status(crd: Path) -> None:
    crd.write_text(crd.read_text().replace("subresources: {status: {}}", "subresources: {}"))


def test_what_contradicts_a_definition_beside_the_plugins_is_an_error(project: Path) -> None:
    assert found(project / "plugins") == ["calling.py:15 PO106"]
    without_status(project / "crds" / "widgets.yaml")
    mistakes = ["calling.py:14 PO107", "calling.py:15 PO106", "widget.py:3 PO107", "widget.py:10 PO107"]
    assert found(project / "plugins") == mistakes
    result = run("check", project / "plugins" / "widget.py")
    assert result.exit_code == 1
    assert "has no subresource status in v1: add subresources: {status: {}}" in result.output
    assert run("validate", project / "plugins").exit_code == 0


TYPED = """
from plugin_operator import ApiObject, Context, Request, Struct, UNSET, UnsetType, controller, resource

class GadgetStatus(Struct):
    \"""What was found.\"""

@resource("example.com/v1/Gadget")
class Gadget(ApiObject):
    \"""One more kind of the group.\"""
    status: GadgetStatus | UnsetType = UNSET

@controller(for_=Gadget)
async def gadget(ctx: Context[Gadget], request: Request) -> None:
    found = ctx.lister.get(request)
    if found is not None:
        await ctx.client.update_status(found)
        await ctx.client.scale(found, 1)
"""


def test_a_class_defines_its_kind_beside_the_files(project: Path) -> None:
    (project / "plugins" / "typed.py").write_text(TYPED)
    other = CALLING.format(name="other", comment="  # noqa: PO106").replace("v1/Widget", "v1/Gadget")
    (project / "plugins" / "calling.py").write_text(other)
    assert found(project / "plugins") == ["typed.py:17 PO107"]


def test_a_comment_suppresses_a_rule_of_kinds(project: Path) -> None:
    (project / "plugins" / "calling.py").write_text(CALLING.format(name="calling", comment="  # noqa: PO106"))
    assert found(project / "plugins") == []


def test_a_definition_that_is_given_counts_too(project: Path, tmp_path: Path) -> None:
    crds = (project / "crds").rename(tmp_path / "elsewhere")
    without_status(crds / "widgets.yaml")
    (project / "plugins" / "calling.py").unlink()
    assert found(project / "plugins") == []
    assert found("--crd", crds, project / "plugins") == ["widget.py:3 PO107", "widget.py:10 PO107"]


def test_a_file_beside_the_plugins_that_cannot_be_read_is_a_warning_and_one_that_is_given_wrong_usage(
    project: Path,
) -> None:
    (project / "plugins" / "calling.py").unlink()
    broken = project / "crds" / "broken.yaml"
    broken.write_text("a: [\n")
    result = run("check", project / "plugins")
    assert (result.exit_code, "PO004" in result.output) == (0, True)
    assert f"{broken}:2: is not YAML" in result.output
    assert run("check", "--crd", broken, project / "plugins").exit_code == 2


def test_an_empty_folder_of_definitions_is_no_mistake(project: Path) -> None:
    (project / "crds" / "widgets.yaml").unlink()
    (project / "plugins" / "calling.py").unlink()
    assert found(project / "plugins") == []
    assert run("rbac", project / "plugins").exit_code == 0
