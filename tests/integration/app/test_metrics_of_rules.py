"""Every metric and label that a rule or a dashboard reads is in a scrape of a running operator."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from docs.dashboards import DASHBOARDS, FOLDER
from kube_apiserver import ApiServer
from tests.alerts import rules
from tests.alerts.running_operator import HEALTHY, RunningOperator
from tests.alerts.scrapes import Target
from tests.declared import declarations

pytestmark = pytest.mark.embedded_only("the metrics are the same on every server")

#: Added by Prometheus, not by the operator.
OF_THE_TARGET = {*Target("").labels, "cluster"}
#: Without --plugins-signature-key there is no manifest, without --apply-crds nothing writes definitions, and without
#: --processes there are no workers.
ONLY_WITH_A_FLAG = {
    "plugin_operator_plugins_manifest_serial",
    "plugin_operator_definition_writes_total",
    "plugin_operator_worker_restarts_total",
    "plugin_operator_plugin_worker_ends_total",
    "plugin_operator_shards_owned",
    "plugin_operator_shards_unowned",
    "plugin_operator_shard_imbalance",
    "plugin_operator_shard_moves_total",
    "plugin_operator_shard_membership_changes_total",
}
SUFFIXES = ("_total", "_count", "_bucket", "_sum")


def queries() -> Iterator[tuple[str, str, str]]:
    """Yield dashboard, panel and expression of each query, and those of the variables."""
    for name in DASHBOARDS:
        document = json.loads((FOLDER / f"{name}.json").read_text())
        for panel in document["panels"]:
            for target in panel.get("targets", []):
                yield name, panel["title"], target["expr"]
        for variable in document["templating"]["list"]:
            if variable["type"] == "query":
                yield name, variable["name"], re.sub(r"label_values\((.*), \w+\)", r"\1", variable["query"]["query"])


@pytest.fixture
async def scrape(api_server: ApiServer, tmp_path: Path) -> AsyncIterator[str]:
    folder = tmp_path / "plugins"
    folder.mkdir()
    operator = RunningOperator(api_server.endpoint.url, folder, elects=True)
    operator.write("healthy", HEALTHY)
    await operator.state("healthy", "Active")
    yield await operator.shows("leader_election_master_status")
    await operator.stop()


def names_in(scrape: str) -> dict[str, set[str]]:
    """Return the labels of each name in a scrape; a family without samples has those of its declaration."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(scrape):
        names = {sample.name for sample in family.samples} or {family.name, f"{family.name}_total"}
        for name in names:
            found[name] = {label for sample in family.samples for label in sample.labels}
    for name, declaration in declarations().items():
        for each in (name, *(name + suffix for suffix in SUFFIXES)):
            if each in found:
                found[each] |= set(declaration.labels)
    return found


def labels_of(metric: str, names: dict[str, set[str]]) -> set[str] | None:
    """Return the labels of a metric in a scrape, or of one that needs a flag; None if no operator serves it."""
    return set(declarations()[metric].labels) if metric in ONLY_WITH_A_FLAG else names.get(metric)


async def test_what_the_rules_read_is_in_a_scrape(scrape: str) -> None:
    names = names_in(scrape)
    for alert in rules.alerts():
        labels = set(OF_THE_TARGET)
        for selector in rules.selectors_of(alert.expr):
            own = labels_of(selector.metric, names)
            assert own is not None, f"{alert.name}: no scrape has {selector.metric}"
            assert {label for label, _, _ in selector.matchers} <= own | OF_THE_TARGET, (alert.name, selector)
            labels |= own
        assert rules.grouping_labels_of(alert.expr) <= labels, alert.name


async def test_what_the_dashboards_read_is_in_a_scrape(scrape: str) -> None:
    names = names_in(scrape)
    for name, title, expr in queries():
        labels = set(OF_THE_TARGET)
        for selector in rules.selectors_of(expr):
            own = labels_of(selector.metric, names)
            assert own is not None, f"{name}, {title}: no scrape has {selector.metric}"
            assert {label for label, _, _ in selector.matchers} <= own | OF_THE_TARGET, (name, title, selector)
            labels |= own
        assert rules.grouping_labels_of(expr) <= labels, (name, title)


async def test_every_declared_metric_has_a_family_before_it_counts_anything(scrape: str) -> None:
    exposed = set(re.findall(r"^# TYPE (\S+) ", scrape, re.MULTILINE))
    exposed |= {name.removesuffix("_total") for name in exposed}
    missing = {name for name in declarations() if name not in exposed and name.removesuffix("_total") not in exposed}

    assert missing == ONLY_WITH_A_FLAG


async def test_the_bucket_of_the_stall_alert_is_one_of_the_histogram(scrape: str) -> None:
    bounds = set(re.findall(r'plugin_operator_loop_stall_seconds_bucket\{le="([^"]+)"\}', scrape))
    used = {
        value for alert in rules.alerts() for each in rules.selectors_of(alert.expr) for _, _, value in each.matchers
    }

    assert bounds & used == {"1.024"}


def test_a_metric_without_samples_is_in_a_scrape_and_one_without_a_family_is_not() -> None:
    names = names_in("# HELP plugin_operator_plugin_misbehaving x\n# TYPE plugin_operator_plugin_misbehaving gauge\n")

    assert names["plugin_operator_plugin_misbehaving"] == {"plugin", "how"}
    assert "plugin_operator_stuck_maps" not in names
