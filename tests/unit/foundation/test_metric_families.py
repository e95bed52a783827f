from typing import Any, cast

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from plugin_operator.cache.handlers import HANDLER_ERRORS
from plugin_operator.controllers.metrics import STUCK_RECONCILES, controller_metrics
from plugin_operator.hosting.reporting.reporter import PLUGIN_RELOADS, PLUGIN_STATE
from plugin_operator.metrics import Counter, Gauge, Histogram, Metrics
from plugin_operator.metrics.declaration import gauge
from plugin_operator.workqueue.metrics import QueueGauges, workqueue_metrics

CONTROLLER_FAMILIES = {
    "controller_runtime_reconcile": ("counter", {"controller", "result"}),
    "controller_runtime_reconcile_errors": ("counter", {"controller"}),
    "controller_runtime_terminal_reconcile_errors": ("counter", {"controller"}),
    "controller_runtime_reconcile_panics": ("counter", {"controller"}),
    "controller_runtime_reconcile_timeouts": ("counter", {"controller"}),
    "controller_runtime_reconcile_time_seconds": ("histogram", {"controller"}),
    "controller_runtime_max_concurrent_reconciles": ("gauge", {"controller"}),
    "controller_runtime_active_workers": ("gauge", {"controller"}),
    "workqueue_depth": ("gauge", {"name", "controller", "priority"}),
    "workqueue_adds": ("counter", {"name", "controller"}),
    "workqueue_queue_duration_seconds": ("histogram", {"name", "controller"}),
    "workqueue_work_duration_seconds": ("histogram", {"name", "controller"}),
    "workqueue_unfinished_work_seconds": ("gauge", {"name", "controller"}),
    "workqueue_longest_running_processor_seconds": ("gauge", {"name", "controller"}),
    "workqueue_retries": ("counter", {"name", "controller"}),
}


def scrape(metrics: Metrics) -> dict[str, Any]:
    _, body = metrics.render("")
    return {family.name: family for family in parse_text(body.decode())}


@pytest.fixture
def metrics() -> Metrics:
    metrics = Metrics()
    controller_metrics(metrics, "cm")
    workqueue_metrics(metrics, "cm", "cm")
    return metrics


def test_a_controllers_families_are_those_of_controller_runtime_and_start_at_zero(metrics: Metrics) -> None:
    families = scrape(metrics)
    for name, (kind, labels) in CONTROLLER_FAMILIES.items():
        family = families[name]
        assert family.type == kind, name
        assert family.samples, name
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == labels, name
            assert sample.value == 0, name


def test_all_four_results_exist_from_the_start(metrics: Metrics) -> None:
    samples = scrape(metrics)["controller_runtime_reconcile"].samples
    assert {sample.labels["result"] for sample in samples} == {"success", "error", "requeue", "requeue_after"}


def test_buckets_are_written_as_go_writes_them(metrics: Metrics) -> None:
    def bounds(name: str) -> list[str]:
        return [sample.labels["le"] for sample in scrape(metrics)[name].samples if "le" in sample.labels]

    assert bounds("workqueue_queue_duration_seconds") == [
        *("1e-08", "1e-07", "1e-06", "9.999999999999999e-06", "9.999999999999999e-05"),
        *("0.001", "0.01", "0.1", "1", "10", "100", "1000", "+Inf"),
    ]
    reconcile_time = bounds("controller_runtime_reconcile_time_seconds")
    assert len(reconcile_time) == 41
    assert reconcile_time[:4] == ["0.005", "0.01", "0.025", "0.05"]
    assert reconcile_time[-3:] == ["50", "60", "+Inf"]


def test_a_histogram_counts_a_value_on_a_bound_below_it() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 99.0):
        histogram.observe(value)
    assert (histogram.counts, histogram.sum, histogram.count) == ([2, 2, 1], 104.0, 5)


def test_a_scrape_shows_what_was_counted(metrics: Metrics) -> None:
    counted = controller_metrics(metrics, "cm")
    counted.success = 3
    counted.time.observe(0.3)
    workqueue_metrics(metrics, "cm", "cm").gauges = lambda: QueueGauges({0: 2, -100: 5}, 4.5, 3.0)
    families = scrape(metrics)
    by_priority = {sample.labels["priority"]: sample.value for sample in families["workqueue_depth"].samples}
    assert by_priority == {"0": 2, "-100": 5}
    assert families["workqueue_unfinished_work_seconds"].samples[0].value == 4.5
    buckets = {
        sample.labels["le"]: sample.value
        for sample in families["controller_runtime_reconcile_time_seconds"].samples
        if "le" in sample.labels
    }
    assert (buckets["0.25"], buckets["0.3"], buckets["+Inf"]) == (0, 1, 1)


def test_priorities_without_number_do_not_become_labels_without_number(metrics: Metrics) -> None:
    queue = workqueue_metrics(metrics, "cm", "cm")
    queue.gauges = lambda: QueueGauges(dict.fromkeys(range(1000), 1))
    samples = scrape(metrics)["workqueue_depth"].samples
    assert [(sample.labels["priority"], sample.value) for sample in samples] == [("exceeded_cardinality_limit", 1000)]


def test_openmetrics_is_served_to_those_who_ask(metrics: Metrics) -> None:
    content_type, body = metrics.render("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    families = cast("Any", parse_openmetrics)(body.decode())
    assert {family.name for family in families} >= set(CONTROLLER_FAMILIES)
    assert metrics.render("text/html")[0].startswith("text/plain; version=0.0.4")


def test_dropping_a_controller_ends_all_its_series(metrics: Metrics) -> None:
    metrics.family(HANDLER_ERRORS).inc("cm", "map")
    metrics.family(HANDLER_ERRORS).inc("other", "map")
    metrics.family(STUCK_RECONCILES).set(1, "cm")
    controller_metrics(metrics, "other")
    metrics.drop_controller("cm")
    body = metrics.render("")[1].decode()
    assert 'controller="cm"' not in body
    assert 'controller="other"' in body


def test_dropping_a_plugin_ends_all_its_series(metrics: Metrics) -> None:
    metrics.family(PLUGIN_STATE).set(1, "p", "Active")
    metrics.family(PLUGIN_RELOADS).inc("p", "success")
    metrics.family(PLUGIN_RELOADS).inc("q", "success")
    metrics.drop_plugin("p")
    body = metrics.render("")[1].decode()
    assert 'plugin="p"' not in body
    assert 'plugin="q"' in body


def test_a_gauge_can_be_asked_for_at_the_scrape() -> None:
    gauge = Gauge("g", "help", ("a",))
    gauge.set(1, "set")
    gauge.set_source(lambda: {("asked",): 2.0})
    assert dict(gauge.collect()) == {("set",): 1, ("asked",): 2.0}


def test_a_counter_grows_and_appears_at_zero_when_told_to() -> None:
    counter = Counter("c_total", "help", ("a",))
    counter.inc("x", by=0)
    assert dict(counter.collect()) == {("x",): 0}
    counter.inc("x")
    counter.inc("x", by=2)
    assert counter.get("x") == 3
    counter.remove("x")
    counter.remove("x")
    assert counter.get("x") == 0


def test_the_process_and_the_interpreter_are_shown(metrics: Metrics) -> None:
    families = scrape(metrics)
    assert "python_info" in families
    assert "process_cpu_seconds" in families


def test_two_declarations_of_one_name_are_refused_and_one_is_one_family(metrics: Metrics) -> None:
    declared = gauge("twice", "help")
    assert metrics.family(declared) is metrics.family(declared)
    with pytest.raises(ValueError, match="twice is declared twice"):
        metrics.family(gauge("twice", "help"))
