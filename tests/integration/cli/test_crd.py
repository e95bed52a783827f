"""The command ``crd``: the definitions of all kinds that classes define, and clear messages for classes without one."""

import json
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from click.testing import CliRunner, Result

from kube_apiserver.crds.definition import definition_causes
from plugin_operator.cli.group import group

IMPORTS = """
from typing import Annotated
from plugin_operator import UNSET, ApiObject, Struct, UnsetType, controller, resource, rule, schema
"""
WIDGET = """
class WidgetSpec(Struct):
    size: Annotated[int, schema(ge=1)] = 3


@resource("example.com/v1/Widget", plural="widgetz", storage=True)
class Widget(ApiObject):
    spec: WidgetSpec
"""
CONTROLLER = """
@controller(for_=Widget)
async def {name}(ctx, request): ...
"""
BETA = """
@resource("example.com/v1beta1/Widget", plural="widgetz", deprecated="use v1")
class WidgetV1Beta1(ApiObject):
    spec: WidgetSpec
"""


def run(command: str, *arguments: str | Path) -> Result:
    return CliRunner().invoke(group, [command, *map(str, arguments)])


def write(path: Path, *parts: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent("".join(parts)))
    return path


@pytest.fixture
def widget(tmp_path: Path) -> Path:
    return write(tmp_path / "plugins" / "widget.py", IMPORTS, WIDGET, BETA, CONTROLLER.format(name="widget"))


def test_the_versions_of_a_kind_are_one_definition_that_the_api_server_accepts(widget: Path) -> None:
    result = run("crd", widget)
    assert result.exit_code == 0, result.output
    (crd,) = yaml.safe_load_all(result.stdout)
    assert [each["name"] for each in crd["spec"]["versions"]] == ["v1", "v1beta1"]
    assert (crd["metadata"]["name"], definition_causes(crd)) == ("widgetz.example.com", [])


def test_the_output_is_the_same_in_each_form_and_each_run(widget: Path) -> None:
    text = run("crd", widget.parent).stdout
    assert run("crd", widget).stdout == text
    assert json.loads(run("crd", "-o", "json", widget).stdout)["items"] == list(yaml.safe_load_all(text))


def test_a_directory_gets_a_file_for_each_kind_and_again_after_a_change(widget: Path, tmp_path: Path) -> None:
    crds = tmp_path / "crds"
    assert run("crd", widget, "--output-dir", crds).stdout == f"Wrote {crds}/example.com_widgetz.yaml\n"
    assert run("crd", widget, "--output-dir", crds).exit_code == 0
    assert (crds / "example.com_widgetz.yaml").read_text() == run("crd", widget).stdout


def test_a_kind_of_a_shared_helper_is_defined_once(tmp_path: Path) -> None:
    write(tmp_path / "kinds.py", IMPORTS, WIDGET)
    for name in ("one", "two"):
        write(tmp_path / f"{name}.py", IMPORTS, "from kinds import Widget\n", CONTROLLER.format(name=name))
    result = run("crd", tmp_path)
    assert result.exit_code == 0, result.output
    assert len(list(yaml.safe_load_all(result.stdout))) == 1
    assert run("check", tmp_path).exit_code == 0


def test_two_plugins_that_define_a_kind_differently_are_a_mistake(tmp_path: Path) -> None:
    write(tmp_path / "one.py", IMPORTS, WIDGET, CONTROLLER.format(name="one"))
    other = WIDGET.replace("ge=1", "ge=2")
    write(tmp_path / "two.py", IMPORTS, other, CONTROLLER.format(name="two"))
    for command in ("check", "crd"):
        result = run(command, tmp_path)
        assert result.exit_code == 1
        assert f"{tmp_path}/two.py:10" in result.output
        assert "example.com/v1/Widget is defined differently by Widget in" in " ".join(result.output.split())


def test_a_class_with_a_mistake_is_named_with_its_field_and_line(tmp_path: Path) -> None:
    path = write(tmp_path / "widget.py", IMPORTS, WIDGET.replace("Annotated[int, schema(ge=1)] = 3", "set[int]"))
    result = run("crd", path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{path}:6: WidgetSpec.size: set[int] has no structural schema: its order is lost:")
    assert f"{path}:6" in run("check", path).stdout


def test_versions_of_one_file_that_do_not_go_together_are_rejected(tmp_path: Path) -> None:
    path = write(tmp_path / "widget.py", IMPORTS, WIDGET, BETA.replace("deprecated", "storage=True, deprecated"),
                 CONTROLLER.format(name="widget"))  # fmt: skip
    result = run("check", "-o", "json", path)
    (mistake,) = json.loads(result.stdout)["mistakes"]
    assert mistake["message"].startswith("WidgetV1Beta1: storage=True is that of Widget in ")
    assert mistake["line"] == 14


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("self.spec.size +", "is no valid CEL at character 17: it ends too early"),
        ("self.spec.siez > 1", "is no valid CEL at character 10: there is no field 'siez': did you mean 'size'?"),
        ("self.spec.size", "must be true or false: compare something"),
    ],
)
def test_a_rule_that_the_api_server_refuses_is_a_mistake_in_plain_words(tmp_path: Path, rule: str, words: str) -> None:
    path = write(tmp_path / "widget.py", IMPORTS, WIDGET.replace("storage=True", f"rules=[rule({rule!r})]"),
                 CONTROLLER.format(name="widget"))  # fmt: skip
    result = run("crd", path)
    assert result.exit_code == 1
    assert result.stderr == f"{path}:10: Widget: rules: the rule {rule!r} {words}\n"


def test_a_rule_with_the_name_of_an_attribute_is_refused_with_that_on_the_wire(tmp_path: Path) -> None:
    rule = "[self.spec].all(a, a.of_x > 1)"
    widget = WIDGET.replace("storage=True", f"rules=[rule({rule!r})]").replace("size:", "of_x:")
    result = run("crd", write(tmp_path / "widget.py", IMPORTS, widget, CONTROLLER.format(name="widget")))
    assert result.stderr.endswith("is no valid CEL at character 21: there is no field 'of_x': did you mean 'ofX'?\n")


@pytest.mark.parametrize("type_", ["X", "list[X]", "dict[str, X]"])
def test_a_rule_that_the_api_server_refuses_is_named_with_its_field_and_line(tmp_path: Path, type_: str) -> None:
    field = f"schema(rules=[rule('self.all(a, self.all(b, c))')])] = {'{}' if 'dict' in type_ else '[]'}"
    spec = f"size: Annotated[{type_.replace('X', 'list[str]')}, {field}"
    if type_ == "X":
        spec = "size: int = 1\n    sizes: Annotated[list[str], schema(rules=[rule('c')])] = []"
    path = write(tmp_path / "widget.py", IMPORTS, WIDGET.replace("size: Annotated[int, schema(ge=1)] = 3", spec),
                 CONTROLLER.format(name="widget"))  # fmt: skip
    name, line = ("sizes", 7) if type_ == "X" else ("size", 6)
    assert f"{path}:{line}: WidgetSpec.{name}: rules: the rule " in run("crd", path).stderr
    assert f"{path}:{line}" in run("check", path).stdout


def test_a_group_of_kubernetes_needs_an_approval(tmp_path: Path) -> None:
    kind = WIDGET.replace("example.com", "widgets.k8s.io")
    path = write(tmp_path / "widget.py", IMPORTS, kind, CONTROLLER.format(name="widget"))
    result = run("crd", path)
    assert result.exit_code == 1
    assert "widget.py:10: Widget: kind: the API server takes the group widgets.k8s.io for one of" in result.stderr
    annotations = "annotations={'api-approved.kubernetes.io': 'unapproved, experimental-only'}"
    assert annotations in result.stderr
    path.write_text(path.read_text().replace("storage=True", annotations))
    assert run("crd", path).exit_code == 0


def test_the_kinds_of_a_helper_are_printed_if_a_plugin_imports_it(tmp_path: Path) -> None:
    helper = write(tmp_path / "kinds.py", IMPORTS, WIDGET)
    other = WIDGET.replace("Widget", "Gadget").replace("widgetz", "gadgets")
    plugin = write(tmp_path / "one.py", IMPORTS, "from kinds import Widget\n", other, CONTROLLER.format(name="one"))
    (crd,) = yaml.safe_load_all(run("crd", helper).stdout)
    assert crd["metadata"]["name"] == "widgetz.example.com"
    assert len(list(yaml.safe_load_all(run("crd", helper, plugin).stdout))) == 2


def test_a_mistake_in_a_plugin_that_imports_a_helper_is_named(tmp_path: Path) -> None:
    helper = write(tmp_path / "kinds.py", IMPORTS, WIDGET.replace("Annotated[int, schema(ge=1)] = 3", "set[int]"))
    write(tmp_path / "one.py", IMPORTS, "from kinds import Widget\n", CONTROLLER.format(name="one"))
    result = run("crd", helper)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{helper}:6: WidgetSpec.size: set[int] has no structural schema")


def test_plugins_without_a_class_are_wrong_usage(tmp_path: Path) -> None:
    path = write(tmp_path / "web.py", IMPORTS, CONTROLLER.format(name="web").replace("Widget", "'v1/Pod'"))
    result = run("crd", path)
    assert result.exit_code != 0
    assert "no class has @resource: write @resource('example.com/v1/Widget') above a class" in result.output


def test_manifests_bring_the_definitions_before_what_needs_them(widget: Path) -> None:
    result = run("manifests", widget, "--include-crds")
    assert result.exit_code == 0, result.output
    objects = list(yaml.safe_load_all(result.stdout))
    assert [each["kind"] for each in objects[:2]] == ["Namespace", "CustomResourceDefinition"]
    (made,) = yaml.safe_load_all(run("crd", widget).stdout)
    assert objects[1]["spec"] == made["spec"]
    assert "are not included" not in result.stderr


@pytest.mark.parametrize(("options", "is_noted"), [([], True), (["--with=apply-crds"], False)])
def test_manifests_leave_out_the_definitions_unless_they_are_asked_for(
    options: list[str], is_noted: bool, widget: Path
) -> None:
    result = run("manifests", widget, *options)
    assert result.exit_code == 0, result.output
    assert "CustomResourceDefinition" not in {each["kind"] for each in yaml.safe_load_all(result.stdout)}
    assert ("Note: the definitions widgetz.example.com are not included" in result.stderr) == is_noted


def test_rbac_takes_the_plural_of_the_class(widget: Path) -> None:
    result = run("rbac", widget)
    assert result.exit_code == 0, result.output
    assert "widgetz" in result.stdout
    assert "a guess" not in result.stderr
