"""The page of alerts has exactly the rules of the manifest, and each rule has what a reader of the alert needs."""

import re

import pytest

from plugin_operator.hosting import PluginState
from plugin_operator.hosting.runtime.misbehavior import MisbehaviorKind
from tests.alerts import rules
from tests.alerts.rules import Alert
from tests.declared import declarations
from tests.pages import ROOT

ALERTS = rules.alerts()
PAGE = (ROOT / "docs" / "alerts.md").read_text()

each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)


def test_the_table_has_each_alert_with_severity_and_time() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\(runbooks/(\w+)\.md\) \| (\w+) \| (\d+)m \| .+ \|$", PAGE, re.MULTILINE)

    assert rows == [(each.name, each.name, each.severity, str(each.for_minutes)) for each in ALERTS]


def test_each_page_of_a_runbook_belongs_to_an_alert() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "runbooks").iterdir()}

    assert pages == {each.name for each in ALERTS}


@each_alert
def test_an_alert_says_what_is_wrong_where_and_what_to_read(alert: Alert) -> None:
    assert alert.severity in {"warning", "critical"}
    assert alert.annotations.keys() == {"summary", "description", "runbook_url"}
    assert alert.annotations["runbook_url"] == f"docs/runbooks/{alert.name}.md"
    assert alert.annotations["summary"].endswith(".")
    assert "{{ $labels.namespace }}/{{ $labels.job }}" in alert.annotations["description"]


@each_alert
def test_a_description_names_only_labels_by_which_the_rule_groups(alert: Alert) -> None:
    labels = set(re.findall(r"\$labels\.(\w+)", " ".join(alert.annotations.values())))

    assert labels <= rules.grouping_labels_of(alert.expr)


@each_alert
def test_a_rule_keeps_deployments_and_clusters_apart(alert: Alert) -> None:
    groups = re.findall(r"\bby \(([^()]*)\)", alert.expr)

    assert groups
    for group in groups:
        assert group.split(", ")[:3] == ["cluster", "namespace", "job"]


@each_alert
def test_windows_are_shorter_than_the_time_of_the_alert_so_that_a_short_burst_is_none(alert: Alert) -> None:
    windows = re.findall(r"\[(\w+)\]", alert.expr)

    assert [each for each in windows if each != "6h" and int(each.removesuffix("m")) >= alert.for_minutes] == []
    assert ("6h" in windows) == (alert.name == "NoLeader"), "only NoLeader remembers what has vanished"


@each_alert
def test_a_rule_compares_labels_with_values_that_exist(alert: Alert) -> None:
    values = {"state": {str(state) for state in PluginState}, "how": {str(kind) for kind in MisbehaviorKind}}
    for selector in rules.selectors_of(alert.expr):
        for label, _, value in selector.matchers:
            if label != "le":
                assert value in values[label]


#: Metrics that other operators export too; a rule that reads them joins with a metric of this operator's own.
SHARED = re.compile(r"controller_runtime_|workqueue_|rest_client_|leader_election_|process_|python_")


@each_alert
def test_a_rule_takes_no_other_operator_for_this_one(alert: Alert) -> None:
    names = {each.metric for each in rules.selectors_of(alert.expr)}

    assert names
    assert any(not SHARED.match(name) for name in names), "join with plugin_operator_build_info"
    assert {name for name in names if not SHARED.match(name)} <= {
        name + suffix for name in declarations() for suffix in ("", "_count", "_bucket", "_sum")
    }


@pytest.mark.parametrize(
    ("expr", "names"),
    [
        ("a > 0", ["a"]),
        ('sum by (x, y) (rate(a_total{b="c", d=~"e|f"}[5m])) / on (x) group_left (z) count(g)', ["a_total", "g"]),
        ('label_replace(a, "b", "$1", "c", "(.*)") or vector(1)', ["a"]),
        ("a offset 10m unless on (b) c == 0", ["a", "c"]),
        ('{{a="b"}}'.replace("{{", "m{").replace("}}", "}"), ["m"]),
        ("histogram_quantile(0.99, sum by (le) (rate(a_bucket[1h:5m])))", ["a_bucket"]),
    ],
)
def test_metrics_of_an_expression_are_found(expr: str, names: list[str]) -> None:
    assert [each.metric for each in rules.selectors_of(expr)] == names
