"""The dashboards can be imported: panels have unique ids, do not overlap, and ask the Prometheus of a variable."""

import json
import re
from itertools import combinations
from typing import Any

import pytest
import yaml

from docs import dashboards
from plugin_operator.hosting import PluginState
from tests.alerts import rules

NAMES = sorted(dashboards.DASHBOARDS)
each_dashboard = pytest.mark.parametrize("name", NAMES)


def loaded(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((dashboards.FOLDER / f"{name}.json").read_text())
    return document


def panels(name: str) -> list[dict[str, Any]]:
    return [panel for panel in loaded(name)["panels"] if panel["type"] != "row"]


@each_dashboard
def test_a_dashboard_is_current(name: str) -> None:
    assert (dashboards.FOLDER / f"{name}.json").read_text() == dashboards.dashboard(name), "run make dashboards"


def test_the_component_has_every_dashboard() -> None:
    (generator,) = yaml.safe_load((dashboards.FOLDER / "kustomization.yaml").read_text())["configMapGenerator"]

    assert generator["files"] == [f"{name}.json" for name in NAMES]
    assert sorted(path.stem for path in dashboards.FOLDER.glob("*.json")) == NAMES


def test_names_are_unique_among_all_dashboards() -> None:
    documents = [loaded(name) for name in NAMES]

    for key in ("uid", "title"):
        assert len({document[key] for document in documents}) == len(NAMES)


@each_dashboard
def test_panels_have_unique_ids_and_titles_and_what_a_reader_needs(name: str) -> None:
    everything = loaded(name)["panels"]

    assert len({panel["id"] for panel in everything}) == len(everything)
    titles = [panel["title"] for panel in panels(name)]
    assert sorted(set(titles)) == sorted(titles)
    for panel in panels(name):
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        references = [target["refId"] for target in panel["targets"]]
        assert references
        assert len(set(references)) == len(references)


def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
    place = panel["gridPos"]
    columns, rows = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
    return {(x, y) for x in columns for y in rows}


@each_dashboard
def test_panels_fit_and_do_not_overlap(name: str) -> None:
    everything = loaded(name)["panels"]

    assert all(x < 24 for panel in everything for x, _ in cells(panel))
    assert [
        (one["title"], other["title"]) for one, other in combinations(everything, 2) if cells(one) & cells(other)
    ] == []


@each_dashboard
def test_every_query_asks_the_prometheus_of_the_variable_for_one_deployment(name: str) -> None:
    document = loaded(name)
    variables = {variable["name"]: variable for variable in document["templating"]["list"]}

    assert list(variables) == ["DS_PROMETHEUS", "namespace", "job", "pod"]
    assert (variables["DS_PROMETHEUS"]["type"], variables["DS_PROMETHEUS"]["query"]) == ("datasource", "prometheus")
    sources = [panel["datasource"] for panel in panels(name)]
    sources += [target["datasource"] for panel in panels(name) for target in panel["targets"]]
    sources += [variable["datasource"] for variable in variables.values() if variable["type"] == "query"]
    assert all(source == {"type": "prometheus", "uid": "${DS_PROMETHEUS}"} for source in sources)
    for panel in panels(name):
        for target in panel["targets"]:
            used = set(re.findall(r"\$\{?(\w+)", target["expr"]))
            assert used <= {*variables, "__rate_interval"}
            for selector in rules.selectors_of(target["expr"]):
                assert [label for label, _, _ in selector.matchers][:3] == ["namespace", "job", "pod"], panel["title"]


@each_dashboard
def test_a_legend_names_labels_by_which_its_query_groups_or_that_every_series_has(name: str) -> None:
    for panel in panels(name):
        for target in panel["targets"]:
            labels = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert labels <= rules.grouping_labels_of(target["expr"]) | {"pod", "version", "generation"}, panel["title"]


def test_states_in_queries_exist() -> None:
    text = "".join(target["expr"] for name in NAMES for panel in panels(name) for target in panel["targets"])

    assert set(re.findall(r'state!?="(\w+)"', text)) <= {str(state) for state in PluginState}
