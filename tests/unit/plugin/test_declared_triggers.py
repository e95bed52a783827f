"""Schedules, sources and controllers without a kind, as authors declare them, and how wrong ones are refused."""

import re
import subprocess
import sys
import textwrap
import types
from collections.abc import Callable, Iterator

import pytest

from plugin_operator.errors import NotEnqueued, PluginRejected
from plugin_operator.kube import NamespacedName
from plugin_operator.plugin import ControllerDeclaration, Refusal, Source, collect, summary
from plugin_operator.plugin.triggers.requests import request_from

Load = Callable[[str], tuple[ControllerDeclaration, ...]]
HEADER = "from plugin_operator.plugin import controller, watch, Source, every, cron\n"


@pytest.fixture
def load() -> Iterator[Load]:
    def run(source: str) -> tuple[ControllerDeclaration, ...]:
        module = types.ModuleType("sample")
        module.__file__ = "/plugins/sample.py"
        sys.modules["sample"] = module
        exec(compile(HEADER + textwrap.dedent(source), module.__file__, "exec"), vars(module))
        return collect(module)

    yield run
    sys.modules.pop("sample", None)


def test_a_controller_without_a_kind_has_one_request_of_its_own(load: Load) -> None:
    (declared,) = load("""
        @controller(schedules=[every(60), cron("0 3 * * *", tz="Europe/Berlin", missed="skip")])
        async def nightly(ctx, request): ...
    """)
    assert declared.for_ is None
    assert declared.kinds == ()
    assert declared.own_request == NamespacedName("", "nightly")
    assert summary(declared)["for"] is None
    assert summary(declared)["schedules"] == ["every 60 s", "cron 0 3 * * * Europe/Berlin"]
    assert [each.runs_missed for each in declared.schedules] == [True, False]


def test_a_controller_with_a_kind_may_have_schedules_and_sources_too(load: Load) -> None:
    (declared,) = load("""
        hooks = Source("hooks")

        class Web:
            for_ = "v1/ConfigMap"
            schedules = [every(5), every(5.0)]
            sources = [hooks]
            async def reconcile(self, ctx, request): ...

        def new_controller(): return Web()
    """)
    assert declared.own_request is None
    assert [each.text for each in declared.schedules] == ["every 5 s"]
    assert summary(declared)["sources"] == ["hooks"]


def test_one_source_may_have_several_controllers(load: Load) -> None:
    declared = load("""
        hooks = Source("hooks")
        @controller(sources=[hooks])
        async def one(ctx, request): ...
        @controller(sources=[hooks])
        async def two(ctx, request): ...
    """)
    assert len({source for each in declared for source in each.sources}) == 1


BODY = "\nasync def c(ctx, request): ..."


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("@controller()" + BODY, 2, "for_: is missing: write a kind.* schedules="),
        ("@controller(schedules=[every(0)])" + BODY, 2, "schedules: .*every.* from 1 to"),
        ("@controller(schedules=[every(-1)])" + BODY, 2, "schedules: every.seconds. is -1"),
        ("@controller(schedules=[every(True)])" + BODY, 2, "schedules: every.seconds. is True"),
        ("@controller(schedules=[every(float('nan'))])" + BODY, 2, "schedules: every.seconds. is nan"),
        ("@controller(schedules=[every('60')])" + BODY, 2, "schedules: every.seconds. is '60'"),
        ("@controller(schedules=[60])" + BODY, 2, "schedules: 60 is not a schedule: write every"),
        ("@controller(schedules=every(60))" + BODY, 2, "schedules: .* is not a list"),
        ("@controller(schedules=[cron('0 3 * *')])" + BODY, 2, "schedules: .*five fields"),
        ("@controller(schedules=[cron('0 0 30 2 *')])" + BODY, 2, "schedules: .*Bad day-of-month"),
        ("@controller(schedules=[cron(None)])" + BODY, 2, "schedules: cron.expression. is None"),
        (
            "@controller(schedules=[cron('0 3 * * *', tz='Mars/Base')])" + BODY,
            2,
            "tz='Mars/Base' is not a time zone.*IANA",
        ),
        ("@controller(schedules=[cron('0 3 * * *', tz='../etc/passwd')])" + BODY, 2, "is not a time zone"),
        ("@controller(schedules=[cron('0 3 * * *', tz='Europe')])" + BODY, 2, "is not a time zone"),
        (
            "@controller(schedules=[cron('0 3 * * *', missed='all')])" + BODY,
            2,
            "missed is 'all': it takes 'once' or 'sk",
        ),
        ("@controller(schedules=[every(n + 60) for n in range(17)])" + BODY, 2, "17 schedules are too many"),
        ("@controller(sources=['hooks'])" + BODY, 2, "sources: 'hooks' is not a source: write"),
        (
            "@controller(schedules=[every(60)], predicates=[print])" + BODY,
            2,
            "predicates: says something about the kind",
        ),
        (
            "@controller(schedules=[every(60)], owns=['v1/Pod'])" + BODY,
            2,
            "owns: says something about the kind in for_",
        ),
        ("@controller(schedules=[every(60)], label_selector='a=b')" + BODY, 2, "label_selector: says something"),
        (
            "a = Source('x')\nb = Source('x')\n@controller(sources=[a, b])" + BODY,
            3,
            "Source..x.. has the name .* line 2",
        ),
        (
            "a = Source('x')\n@controller('v1/Pod')" + BODY,
            2,
            "no controller has a = Source..x..: add sources=.a. to one",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_line_and_way_out(load: Load, source: str, line: int, message: str) -> None:
    with pytest.raises(PluginRejected, match=message) as refused:
        load(source)
    assert (refused.value.path, refused.value.line) == ("/plugins/sample.py", line)


def test_a_method_named_schedule_is_the_authors_own(load: Load) -> None:
    (declared,) = load("""
        @controller("v1/Pod")
        class Web:
            def schedule(self): ...
            async def reconcile(self, ctx, request): ...
    """)
    assert declared.schedules == ()


def test_a_value_named_schedule_is_taken_for_a_slip(load: Load) -> None:
    with pytest.raises(PluginRejected, match="did you mean 'schedules'"):
        load("""
            @controller("v1/Pod")
            class Web:
                schedule = [every(60)]
                async def reconcile(self, ctx, request): ...
        """)


@pytest.mark.parametrize(
    ("value", "message"), [("", "''"), ("a b", "'a b'"), (3, "an int|3"), ("-x", "'-x'"), ("x" * 64, "at most 63")]
)
def test_a_source_needs_a_name_that_metrics_can_show(value: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        Source(value)  # type: ignore[arg-type]


def test_a_source_that_nobody_has_connected_drops_or_raises_as_declared() -> None:
    assert Source("a").send("ns/x") is False
    with pytest.raises(NotEnqueued, match=re.escape("Source 'b' took no request: no controller of a loaded revision")):
        Source("b", on_standby="raise").send("ns/x")


class Outlet:
    def __init__(self) -> None:
        self.sent: list[NamespacedName | None] = []
        self.early: list[tuple[Refusal, int]] = []
        self.answer: Refusal | None = None

    def send(self, source: str, request: NamespacedName | None) -> Refusal | None:
        self.sent.append(request)
        return self.answer

    def refused(self, source: str, refusal: Refusal, count: int) -> None:
        self.early.append((refusal, count))


def test_what_was_sent_before_the_connection_is_counted_once_there_is_one() -> None:
    source, outlet = Source("a"), Outlet()
    source.send("ns/x")
    source.send("ns/y")
    source.connect(outlet)
    source.connect(outlet)
    assert outlet.early == [(Refusal.UNCONNECTED, 2)]


def test_a_full_source_raises_whatever_it_does_on_a_standby() -> None:
    source, outlet = Source("a"), Outlet()
    source.connect(outlet)
    outlet.answer = Refusal.FULL
    with pytest.raises(NotEnqueued, match="too many"):
        source.send("ns/x")


def test_a_request_may_be_named_in_every_way_or_be_the_object() -> None:
    class Model:
        openapi_types = attribute_map = ()
        metadata = types.SimpleNamespace(namespace="ns", name="x")

    wanted = NamespacedName("ns", "x")
    ways = (wanted, ("ns", "x"), "ns/x", {"metadata": {"namespace": "ns", "name": "x", "uid": "1"}}, Model())
    for way in ways:
        assert request_from(way, "got") == wanted
    assert request_from({"metadata": {"name": "x"}}, "got") == NamespacedName("", "x")


@pytest.mark.parametrize("value", [3, {}, {"metadata": {}}, {"metadata": None}, ("a", "b", "c"), "a/b/c", b"x", None])
def test_what_is_no_request_is_refused_where_it_is_sent(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        request_from(value, "send() got")


def test_operators_without_cron_do_not_import_its_library() -> None:
    code = "import sys, plugin_operator.hosting, plugin_operator.app; sys.exit('cronsim' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
