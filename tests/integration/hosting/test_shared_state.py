"""What plugins register or change in the process: undone, taken over at a reload, and never in another plugin's way."""

import codecs
import copyreg
import gc
import io
import json
import logging
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import structlog
from prometheus_client import REGISTRY, generate_latest

from plugin_operator import logs
from plugin_operator.hosting.loading.process_state import ImportGuard
from plugin_operator.hosting.loading.revision_modules import IMPORT_GUARD, PLUGIN_METRICS
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually
from plugin_operator.workqueue.metrics import workqueue_metrics
from tests.host_harness import HostHarness

COUNTER = (
    "from prometheus_client import Counter, Gauge\n"
    "SEEN = Counter('seen', 'Seen', ['name'])\nLEVEL = Gauge('level', 'L')\n"
)
COUNT = "SEEN.labels(request.name).inc()\nLEVEL.set(7)"


@pytest.fixture
def log_lines() -> Callable[[], list[dict[str, Any]]]:
    """Everything that is logged, as JSON lines, with the operator's own set-up."""
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def exposed() -> str:
    return generate_latest(REGISTRY).decode()


async def test_a_plugin_with_metrics_of_its_own_is_reloaded_and_each_series_is_there_once_at_any_moment(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    metrics = Metrics()
    metrics.show_plugins(PLUGIN_METRICS, print)
    await harness.create("a")
    harness.write("one.py", plugin_text("V1", head=COUNTER, body=COUNT))
    await eventually(lambda: 'seen_total{name="a"}' in exposed())
    wrong, is_over = [], threading.Event()

    def scrape() -> None:
        while not is_over.is_set():
            text = exposed()
            if text.count("# TYPE seen_total counter") != 1 or text.count("# TYPE level gauge") != 1:
                wrong.append(text)

    scraper = threading.Thread(target=scrape)
    scraper.start()
    try:
        for version in ("V2", "V3", "V4"):
            harness.write("one.py", plugin_text(version, head=COUNTER, body=COUNT))
            await harness.ran(version, "a")
            await harness.state("Active")
        harness.write("one.py", plugin_text("V5", head=COUNTER + "raise ValueError('no')\n"))
        await harness.state("Rejected")
        await harness.change("a", 1)
        harness.write("one.py", plugin_text("V6", head=COUNTER, body=COUNT))
        await harness.ran("V6", "a")
        await harness.state("Active")
    finally:
        is_over.set()
        scraper.join()
    assert wrong == []
    for accept in ("", "application/openmetrics-text;version=1.0.0"):
        body = metrics.render(accept)[1].decode()
        assert body.count('seen_total{name="a"}') == 1
        assert body.count("# EOF") == bool(accept)
    (harness.root / "one.py").unlink()
    harness.write("two.py", plugin_text("V1", name="two"))
    await eventually(lambda: "seen_total" not in exposed())


async def test_two_plugins_cannot_have_one_metric_and_the_reason_names_both(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    harness.write("one.py", plugin_text("V1", head=COUNTER))
    await harness.state("Active")
    harness.write("two.py", plugin_text("V1", name="two", head=COUNTER))
    reason = (await harness.state("Rejected", "two")).reason
    assert "Duplicated timeseries" in reason
    assert "of plugin one" in reason


@pytest.mark.parametrize("name", ["workqueue_depth", "plugin_operator_mine", "process_cpu_seconds_total"])
async def test_the_operators_own_metric_names_are_refused(
    harness: HostHarness, plugin_text: Callable[..., str], name: str
) -> None:
    harness.write("one.py", plugin_text("V1", head=f"from prometheus_client import Gauge\nGauge({name!r}, 'x')\n"))
    assert name in (await harness.state("Rejected")).reason


async def test_metrics_made_in_a_reconcile_belong_to_the_revision_too(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    await harness.create("a")
    body = "from prometheus_client import Gauge\nglobal LATE\nLATE = LATE or Gauge('late', 'x')\nLATE.set(VALUE)"
    for value in (1, 2):
        harness.write("one.py", plugin_text(f"V{value}", head=f"LATE = None\nVALUE = {value}\n", body=body))
        await harness.ran(f"V{value}", "a")
        await eventually(partial(lambda value: REGISTRY.get_sample_value("late") == value, value))


async def test_a_collector_that_raises_costs_no_scrape(harness: HostHarness, plugin_text: Callable[..., str]) -> None:
    head = (
        COUNTER + "from prometheus_client import REGISTRY\nclass Bad:\n"
        "    def describe(self): return []\n    def collect(self): raise SystemExit(1)\n"
        "REGISTRY.register(Bad())\n"
    )
    await harness.create("a")
    harness.write("one.py", plugin_text("V1", head=head, body=COUNT))
    await eventually(lambda: 'seen_total{name="a"}' in exposed())


YIELDS = {
    "another plugin's metric": "GaugeMetricFamily('level', 'x', value=1)",
    "a series of another plugin's metric": "GaugeMetricFamily('seen_total', 'x', value=1)",
    "a metric that shows another's series": "CounterMetricFamily('seen', 'x', value=1)",
    "the operator's metric": "GaugeMetricFamily('workqueue_depth', 'x', value=1)",
    "a metric of the process": "GaugeMetricFamily('process_start_time_seconds', 'x', value=1)",
    "no metric": "'nonsense'",
    "a value that is none": "GaugeMetricFamily('odd', 'x', value=object())",
    "a value that raises": "GaugeMetricFamily('odd', 'x', value=Bad())",
    "a metric whose name raises": "Nameless('odd', 'x', 'gauge')",
    "metrics without end": (
        "(yield from (GaugeMetricFamily(f'm{n}', 'x', value=n) for n in __import__('itertools').count()))"
    ),
}


@pytest.mark.parametrize("yields", YIELDS)
async def test_a_collector_that_yields_what_it_may_not_costs_others_nothing(
    harness: HostHarness, plugin_text: Callable[..., str], log_lines: Callable[[], list[dict[str, Any]]], yields: str
) -> None:
    head = (
        "from prometheus_client.core import *\nfrom prometheus_client import REGISTRY\n"
        "class Bad(float):\n    def __float__(self): raise SystemExit(1)\n    __eq__ = __float__\n"
        "class Nameless(Metric):\n    name = property(lambda self: 1 / self.hidden, lambda self, _: None)\n"
        "    hidden = 0\n"
        "class Mine:\n    def describe(self): return []\n    def collect(self):\n"
        f"        yield GaugeMetricFamily('mine', 'x', value=3)\n        yield {YIELDS[yields]}\n"
        "REGISTRY.register(Mine())\n"
    )
    metrics = Metrics()
    workqueue_metrics(metrics, "cm", "cm")
    unnamed: list[BaseException] = []
    metrics.show_plugins(PLUGIN_METRICS, unnamed.append)
    harness.write("two.py", plugin_text("V1", name="two", head=head))
    await harness.state("Active", "two")
    await harness.create("a")
    harness.write("one.py", plugin_text("V1", head=COUNTER, body=COUNT))
    await eventually(lambda: 'seen_total{name="a"}' in metrics.render("")[1].decode())
    body = metrics.render("")[1].decode()
    assert [body.count(f"\n{line}\n") for line in ("level 7.0", "# TYPE level gauge", "# TYPE seen_total counter")] == [
        1
    ] * 3
    assert body.count("# TYPE workqueue_depth ") == 1
    assert "\nmine 3.0\n" in body
    lines = [line for line in log_lines() if str(line["event"]).startswith("Plugin metric cannot be ")]
    assert {line["plugin"] for line in lines} == {"two"}
    assert all(line["revision"] for line in lines)
    assert unnamed == []


async def test_a_plugin_that_takes_everybodys_collectors_out_takes_nothing_out_and_can_be_edited(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    head = (
        "from prometheus_client import REGISTRY, PROCESS_COLLECTOR\n"
        "REGISTRY.unregister(PROCESS_COLLECTOR)\n"
        "for each in list(REGISTRY._collector_to_names): REGISTRY.unregister(each)\n"
    )
    await harness.create("a")
    harness.write("one.py", plugin_text("V1", head=COUNTER, body=COUNT))
    await harness.ran("V1", "a")
    for version in ("V1", "V2"):
        harness.write("two.py", plugin_text(version, name="two", head=head))
        await harness.ran(version, "a", "two")
    await harness.state("Active", "two")
    assert "python_info{" in exposed()
    assert 'seen_total{name="a"}' in exposed()


async def test_every_kind_of_metric_is_shown_of_the_new_revision_after_an_edit(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    head = (
        "from prometheus_client import Enum, Histogram, Info, Summary\n"
        "H = Histogram('took', 'x', ['a'], buckets=(1, 2))\nE = Enum('phase', 'x', states=['VERSION'])\n"
        "I = Info('build', 'x')\nI.info({'version': 'VERSION'})\nS = Summary('size', 'x')\n"
    )
    body = "H.labels('VERSION').observe(1.5)\nS.observe(2)"
    await harness.create("a")
    for version in ("V1", "V2"):
        code = plugin_text(version, head=head.replace("VERSION", version), body=body.replace("VERSION", version))
        harness.write("one.py", code)
        await harness.ran(version, "a")
        await eventually(partial(lambda version: f'build_info{{version="{version}"}}' in exposed(), version))
    text = exposed()
    assert 'took_bucket{a="V2",le="2.0"} 1.0' in text
    assert 'phase{phase="V2"} 1.0' in text
    assert "size_sum 2.0" in text
    assert "V1" not in text


CHANGES = {
    "basicConfig": "import logging, sys\nlogging.basicConfig(force=True, level='CRITICAL', stream=sys.stderr)\n",
    "dictConfig": "import logging.config\nlogging.config.dictConfig({'version': 1, 'root': {'level': 'CRITICAL'}})\n",
    "disable": "import logging\nlogging.disable(logging.CRITICAL)\n",
    "removed": "import logging\nlogging.getLogger().handlers.clear()\n",
    "level": "import logging\nlogging.getLogger().setLevel(60)\n",
    "other level": "import logging\nlogging.getLogger('other.library').setLevel(60)\n",
    "other disabled": "import logging\nlogging.getLogger('other.library').disabled = True\n",
    "fileConfig": (
        "import logging.config, io\nlogging.config.fileConfig(io.StringIO('[loggers]\\nkeys=root\\n"
        "[handlers]\\nkeys=h\\n[formatters]\\nkeys=\\n[logger_root]\\nlevel=CRITICAL\\nhandlers=h\\n[handler_h]\\nclass=NullHandler\\nargs=()'))\n"
    ),
    "handler level": "import logging\nfor each in logging.getLogger().handlers: each.setLevel(60)\n",
    "handler filter": (
        "import logging\nfor each in logging.getLogger().handlers: each.addFilter(lambda record: False)\n"
    ),
    "handler form": (
        "import logging\nform = logging.Formatter('hijacked %(message)s')\n"
        "for each in logging.getLogger().handlers: each.setFormatter(form)\n"
    ),
    "handler stream": ("import io, logging\nfor each in logging.getLogger().handlers: each.stream = io.StringIO()\n"),
    "level name": "import logging\nlogging.addLevelName(logging.WARNING, 'HIJACKED')\n",
    "captured warnings": "import logging\nlogging.captureWarnings(True)\n",
    "logger class": "import logging\nclass Mine(logging.Logger): pass\nlogging.setLoggerClass(Mine)\n",
    "filter": "import logging\nlogging.getLogger().addFilter(lambda record: False)\n",
    "fails": "import logging\nlogging.disable(logging.CRITICAL)\nraise ValueError('no')\n",
}


@pytest.mark.parametrize("change", CHANGES)
async def test_an_import_that_changes_standard_logging_silences_nobody_else(
    make_harness: Callable[..., HostHarness],
    plugin_text: Callable[..., str],
    log_lines: Callable[[], list[dict[str, Any]]],
    change: str,
) -> None:
    logging.getLogger("other.library").warning("before")
    before = logging.getLevelName(30), logging.getLoggerClass(), warnings.showwarning
    harness = make_harness(validate=change in {"disable", "level"})
    await harness.host.start()
    harness.host.lead()
    harness.write("one.py", plugin_text("V1", head=CHANGES[change]))
    await harness.state("Rejected" if change == "fails" else "Active")
    logging.getLogger("other.library").warning("Still heard")
    heard = [(line["event"], line["level"]) for line in log_lines() if line.get("logger") == "other.library"]
    assert heard == [("before", "warning"), ("Still heard", "warning")]
    assert (logging.getLevelName(30), logging.getLoggerClass(), warnings.showwarning) == before
    if change != "fails":
        assert "undone" in " ".join(harness.status().leftovers)


@pytest.fixture
def active_guard() -> Iterator[ImportGuard]:
    """The guard as a running operator uses it: it has looked once, and looks again."""
    IMPORT_GUARD.look()
    yield IMPORT_GUARD
    IMPORT_GUARD.rest()


AT_RUN_TIME = {
    "basicConfig": "logging.basicConfig(force=True, level='CRITICAL', handlers=[logging.NullHandler()])",
    "dictConfig": "logging.config.dictConfig({'version': 1, 'root': {'level': 'CRITICAL'}})",
    "disable": "logging.disable(logging.CRITICAL)",
    "removed": "logging.getLogger().handlers.clear()",
    "filter": "logging.getLogger().addFilter(lambda record: False)",
    "handler": "logging.getLogger().handlers[-1].setLevel(60)",
    "level": "logging.getLogger().setLevel(60)",
    "other level": "logging.getLogger('json.library').setLevel(60)",
    "level name": "logging.addLevelName(logging.WARNING, 'HIJACKED')",
    "excepthook": "sys.excepthook = threading.excepthook = lambda *args: None",
}


@pytest.mark.parametrize("change", AT_RUN_TIME)
async def test_a_reconcile_that_changes_standard_logging_is_undone_and_named(
    harness: HostHarness,
    plugin_text: Callable[..., str],
    log_lines: Callable[[], list[dict[str, Any]]],
    active_guard: ImportGuard,
    change: str,
) -> None:
    json_library = logging.getLogger("json.library")
    json_library.warning("before")
    active_guard.rest()
    active_guard.look()
    before = sys.excepthook, threading.excepthook, set(logging.getLogger().filters)
    handlers = list(logging.getLogger().handlers)
    head = "import logging, logging.config, sys, threading\n"
    await harness.create("a")
    harness.write("one.py", plugin_text("V1", head=head, body=AT_RUN_TIME[change]))
    await harness.ran("V1", "a")
    await harness.state("Active")
    active_guard.look()
    json_library.warning("Still heard")
    heard = [(line["event"], line["level"]) for line in log_lines() if line.get("logger") == "json.library"]
    assert heard == [("before", "warning"), ("Still heard", "warning")]
    assert (sys.excepthook, threading.excepthook, set(logging.getLogger().filters)) == before
    undone = [line for line in log_lines() if line["event"] == "Process-wide change by a plugin reverted"]
    assert undone
    assert all("basicConfig" in str(line["suspects"]) for line in undone if change == "basicConfig")
    assert logging.getLogger().handlers == handlers
    if change not in {"removed", "excepthook"}:  # no call of which it could be known
        assert f"of plugin one at {harness.root}/one.py:8" in str(undone[0]["suspects"])


async def test_what_a_plugin_changes_again_and_again_is_logged_once_in_a_while(
    log_lines: Callable[[], list[dict[str, Any]]], active_guard: ImportGuard
) -> None:
    for _ in range(5):
        logging.getLogger().setLevel(60)
        active_guard.look()
    undone = [line for line in log_lines() if line["event"] == "Process-wide change by a plugin reverted"]
    # The handlers of the test runner get another stream between setting up and running.
    assert [line["what"] for line in undone if "stream" not in line["what"]] == [
        "changes the level of the root logger, which all plugins share: undone"
    ]


async def test_what_a_reconcile_adds_to_logging_for_itself_stays(
    harness: HostHarness, plugin_text: Callable[..., str], active_guard: ImportGuard
) -> None:
    body = "logging.getLogger('of.its.own').setLevel(60)\nlogging.getLogger().addHandler(logging.NullHandler())"
    count = len(logging.getLogger().handlers)
    await harness.create("a")
    harness.write("one.py", plugin_text("V1", head="import logging\n", body=body))
    await harness.ran("V1", "a")
    await harness.state("Active")
    active_guard.look()
    assert logging.getLogger("of.its.own").level == 60
    assert len(logging.getLogger().handlers) == count + 1
    harness.write("one.py", plugin_text("V2"))
    await harness.ran("V2", "a")
    await harness.state("Active")
    assert len(logging.getLogger().handlers) == count


@pytest.mark.parametrize(
    "call",
    [
        "structlog.configure(processors=[lambda *a: 'hijacked'], cache_logger_on_first_use=True)",
        "structlog.reset_defaults()",
        "structlog.configure_once(processors=[])",
        "structlog.stdlib.recreate_defaults(log_level=None)",
    ],
)
@pytest.mark.parametrize("is_at_import", [True, False])
async def test_a_plugin_cannot_set_structlog_up_for_everybody(
    harness: HostHarness,
    plugin_text: Callable[..., str],
    log_lines: Callable[[], list[dict[str, Any]]],
    call: str,
    is_at_import: bool,
) -> None:
    before = structlog.get_config()
    await harness.create("a")
    head = f"import structlog\ndef change():\n    {call}\n" + "change()\n" * is_at_import
    harness.write("one.py", plugin_text("V1", head=head, body="change()\nchange()"))
    status = await harness.state("Active")
    await harness.ran("V1", "a")
    assert structlog.get_config() == before
    assert ("set-up of structlog" in " ".join(status.leftovers)) == is_at_import
    told = [line for line in log_lines() if line["event"] == "Process-wide change by a plugin ignored"]
    assert [line["at"] for line in told] == [f"{harness.root}/one.py:3"] * (not is_at_import)


async def test_lines_of_a_plugins_own_loggers_carry_its_name_and_a_readable_logger(
    harness: HostHarness, plugin_text: Callable[..., str], log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    await harness.create("a")
    head = "import logging\nfrom helper import shout\nmine = logging.getLogger('my.app')\n"
    body = "logging.getLogger(__name__).warning('From %s', 'module')\nmine.warning('From named')\nshout()"
    harness.write("helper.py", "import logging\ndef shout():\n    logging.getLogger(__name__).warning('From helper')\n")
    harness.write("one.py", plugin_text("V1", head=head, body=body))
    await eventually(lambda: any(line["event"] == "From helper" for line in log_lines()), timeout_seconds=20)
    lines = {line["event"]: line for line in log_lines() if line["event"].startswith("From")}
    revision = harness.status().revision
    assert {text: (line["logger"], line["plugin"], line["revision"]) for text, line in lines.items()} == {
        "From module": ("one", "one", revision),
        "From named": ("my.app", "one", revision),
        "From helper": ("helper", "one", revision),
    }


async def test_filters_and_handlers_on_loggers_of_its_own_leave_with_their_revision(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    head = (
        "import logging\nclass Mine(logging.Filter):\n    pass\n"
        "logger = logging.getLogger('named.app')\nlogger.addFilter(Mine())\n"
        "logger.addHandler(logging.StreamHandler())\n"
        "logging.getLogger(__name__).addFilter(Mine())\nPAYLOAD = bytearray(2_000_000)\n"
    )
    logger = logging.getLogger("named.app")
    logging.root.manager.loggerDict.pop("named.app")
    await harness.create("a")
    known = []
    for number in range(5):
        harness.write("one.py", plugin_text(f"V{number}", head=head))
        await harness.ran(f"V{number}", "a")
        await harness.state("Active")
        logger = logging.getLogger("named.app")
        assert (len(logger.filters), len(logger.handlers)) == (1, 1)
        known.append(weakref.ref(type(logger.filters[0])))
    harness.write("one.py", plugin_text("V9"))
    await harness.ran("V9", "a")
    await harness.state("Active")
    assert (logger.filters, logger.handlers) == ([], [])

    def are_gone() -> bool:
        gc.collect()
        return all(each() is None for each in known[:4])

    await eventually(are_gone)
    private = [name for name in logging.root.manager.loggerDict if name.startswith("_plugin_one")]
    assert len(private) <= 4, private  # those of the revision that works, and of the one it would be rolled back to


async def test_after_a_rollback_the_handlers_of_the_old_revision_are_back(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    for name in "abcdef":
        await harness.create(name)
    head = "import logging\nlogging.getLogger('rolled.app').addHandler(logging.NullHandler())\n"
    harness.write("one.py", plugin_text("V1", head=head))
    await harness.ran("V1", "f")
    await harness.state("Active")
    logger = logging.getLogger("rolled.app")
    (handler,) = logger.handlers
    harness.write("one.py", plugin_text("V2", head=COUNTER, body="raise ValueError('no good')"))
    await harness.state("Quarantined")
    assert logger.handlers == [handler]
    assert "seen_total" not in exposed()


async def test_what_a_revision_registers_elsewhere_leaves_with_it(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    head = (
        "import atexit, codecs, copyreg, json\n"
        "def search(name): return codecs.lookup('utf-8') if name == 'oursown' else None\n"
        "class Point: pass\n"
        "codecs.register(search)\natexit.register(search, 'x')\ncopyreg.pickle(Point, lambda p: (Point, ()))\n"
        "json.JSONEncoder.default = lambda self, value: 'hijacked'\n"
    )
    reducers, default = set(copyreg.dispatch_table), json.JSONEncoder.default
    harness.write("one.py", plugin_text("V1", head=head))
    status = await harness.state("Active")
    assert json.JSONEncoder.default is default
    assert "JSONEncoder.default for the whole process: undone" in " ".join(status.leftovers)
    assert codecs.lookup("oursown")
    (point,) = (weakref.ref(each) for each in set(copyreg.dispatch_table) - reducers)
    (harness.root / "one.py").unlink()
    harness.write("two.py", plugin_text("V1", name="two"))
    await eventually(lambda: not harness.knows())
    assert set(copyreg.dispatch_table) == reducers
    with pytest.raises(LookupError):
        codecs.lookup("oursown")

    def is_gone() -> bool:
        gc.collect()
        return point() is None

    await eventually(is_gone)  # atexit, too, would hold the module of its callback
