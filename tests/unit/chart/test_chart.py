"""The chart in the repository is what its generator makes, and the generator says what it does not understand."""

import json
from typing import Any

import pytest
import yaml

from manifests.helm import flags, values
from manifests.helm.base import add, at, put
from manifests.helm.emit import Expr, When, Yaml, mapping
from manifests.helm.generate import CHART, ROOT, chart
from manifests.helm.objects import Sources, templates


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources()


def test_the_chart_is_not_stale() -> None:
    on_disk = {str(path.relative_to(CHART)): path.read_text() for path in CHART.rglob("*") if path.is_file()}

    assert on_disk == chart(), "run `make chart`"


def test_every_flag_of_run_is_set_by_one_value() -> None:
    names = {flags.name_of(option) for option in flags.run_flags()}

    assert flags.OWNED.keys() <= names
    assert names | flags.aliases().keys() == flags.schema()["properties"].keys()
    assert flags.refusals().keys() == flags.OWNED.keys() | flags.aliases().keys()


def test_a_flag_that_takes_a_number_has_its_range_in_the_schema() -> None:
    found = flags.schema()["properties"]["processes"]

    assert {name: found[name] for name in ("type", "minimum", "maximum")} == {
        "type": ["integer", "null"],
        "minimum": 1,
        "maximum": 64,
    }


def test_a_value_that_sets_a_flag_exists() -> None:
    known = yaml.safe_load((CHART / "values.yaml").read_text())

    for sentence in flags.OWNED.values():
        for path in sentence.replace(" or ", ", ").replace(" and ", ", ").split(", "):
            at(known, path)


def test_every_value_has_a_description_and_a_place_in_a_template() -> None:
    described = dict(values.descriptions())
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    text = "".join(path.read_text() for path in (CHART / "templates").iterdir())

    for path, description in described.items():
        value = at(defaults, path)
        if isinstance(value, dict) and any(name.startswith(f"{path}.") for name in described):
            continue
        assert description, path
        assert path.rpartition(".")[2] in text, path


def test_the_table_of_the_docs_is_that_of_the_values() -> None:
    page = (ROOT / "docs" / "helm.md").read_text()
    table = "\n".join(values.table(yaml.safe_load((CHART / "values.yaml").read_text())))

    assert table in page, f"the table of docs/helm.md is stale; it is:\n{table}"


@pytest.mark.parametrize("kind", ["Job", "ConfigMap"])
def test_an_object_that_no_template_knows_is_an_error(sources: Sources, kind: str) -> None:
    new = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "new", "labels": {}}}

    with pytest.raises(LookupError):
        templates(Sources(default=[*sources.default, new]))


def test_a_part_that_the_manifests_lost_or_won_is_an_error() -> None:
    node: dict[str, Any] = {"spec": {"containers": [{"args": ["a"]}]}}
    put(node, "spec.containers.0.args.0", "b")
    assert node["spec"]["containers"][0]["args"] == ["b"]

    with pytest.raises(LookupError, match="no spec"):
        put(node, "spec.containers.1.args", [])
    with pytest.raises(LookupError, match="default of a value"):
        add(node, "spec.containers", [])


def test_text_of_the_manifests_is_printed_by_helm_as_it_stands() -> None:
    lines = list(mapping({"a": "x {{ $labels.b }}", "b": "{{ c }}\n  d\n", "e": [1, None, "{{"]}))

    assert lines == [
        """a: x {{ "{{" }} $labels.b }}""",
        "b: |",
        """  {{ "{{" }} c }}""",
        "    d",
        "e:",
        "  - 1",
        "  - null",
        """  - '{{ "{{" }}'""",
    ]


def test_parts_that_values_set_are_laid_out_where_they_stand() -> None:
    node = {
        "a": When("x", Expr("y"), 1),
        "b": [{"c": Yaml("z"), "name": "n"}, Yaml("more")],
        "<<": Yaml("all", keep=True),
    }

    assert list(mapping(node)) == [
        "{{- if x }}",
        "a: {{ y | toJson }}",
        "{{- else }}",
        "a: 1",
        "{{- end }}",
        "b:",
        "  - name: n",
        "    {{- with z }}",
        "    c:",
        "      {{- toYaml . | nindent 6 }}",
        "    {{- end }}",
        "  {{- with more }}",
        "  {{- toYaml . | nindent 2 }}",
        "  {{- end }}",
        "{{- all | nindent 0 }}",
    ]


def test_the_schema_closes_every_group_but_leaves_room_for_a_parent_chart() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())

    assert schema["properties"]["global"]["type"] == "object"
    groups = [schema, *(node for node in schema["properties"].values() if "required" in node)]
    assert len(groups) > 10
    assert all(group["additionalProperties"] is False for group in groups)
