"""A scrape of several workers reads like that of one process."""

from prometheus_client.core import Metric

from plugin_operator.metrics.declaration import Merge
from plugin_operator.processes.merging.metrics import FamilyReport, MergedMetrics


def family(name: str, kind: str, value: float, merge: Merge = "sum", sample: str = "") -> FamilyReport:
    return FamilyReport(name, "help", kind, merge, [(sample or name, {"controller": "widget"}, value)])


def value_of(metrics: list[Metric], name: str) -> float:
    (found,) = [sample.value for each in metrics for sample in each.samples if sample.name == name]
    return float(found)


def test_counts_are_summed_and_gauges_merged_as_declared() -> None:
    def report(value: float) -> list[FamilyReport]:
        return [
            family("reconciles", "counter", value, sample="reconciles_total"),
            family("seconds", "histogram", value, sample="seconds_sum"),
            family("depth", "gauge", value),
            family("oldest", "gauge", value, "highest"),
            family("synced", "gauge", value, "lowest"),
        ]

    merged = MergedMetrics().merge(report(1.0), {0: (0, report(2.0)), 1: (0, report(3.0))})
    names = ("reconciles_total", "seconds_sum", "depth", "oldest", "synced")
    assert [value_of(merged, name) for name in names] == [6.0, 6.0, 6.0, 3.0, 1.0]


def test_the_counts_of_an_ended_worker_stay_so_that_a_sum_never_falls() -> None:
    metrics = MergedMetrics()

    def scrape(life: int, count: float | None) -> float:
        report = None if count is None else [family("reconciles", "counter", count, sample="reconciles_total")]
        return value_of(metrics.merge([], {0: (life, report)}), "reconciles_total")

    assert [scrape(0, 5.0), scrape(0, None), scrape(1, None), scrape(1, 2.0), scrape(2, 1.0)] == [5, 5, 5, 7, 8]


def test_a_gauge_of_an_ended_worker_is_gone() -> None:
    metrics = MergedMetrics()
    metrics.merge([], {0: (0, [family("depth", "gauge", 9.0)])})
    assert value_of(metrics.merge([], {0: (1, [family("depth", "gauge", 1.0)])}), "depth") == 1.0


def test_numbers_that_json_lacks_are_read_from_their_text() -> None:
    report = FamilyReport("seconds", "help", "gauge", "highest", [("seconds", {}, "inf")])
    assert value_of(MergedMetrics().merge([report], {}), "seconds") == float("inf")


def test_times_of_creation_facts_and_quantiles_are_not_summed() -> None:
    def report(value: float) -> list[FamilyReport]:
        return [
            family("reconciles", "counter", value, sample="reconciles_created"),
            family("build", "info", value, sample="build_info"),
            family("phase", "stateset", value),
            FamilyReport("seconds", "help", "summary", "sum", [("seconds", {"quantile": "0.5"}, value)]),
            family("bytes", "summary", value, sample="bytes_sum"),
        ]

    merged = MergedMetrics().merge(report(2.0), {0: (0, report(3.0))})
    names = ("reconciles_created", "build_info", "phase", "seconds", "bytes_sum")
    assert [value_of(merged, name) for name in names] == [2.0, 3.0, 3.0, 3.0, 5.0]
