"""States, claims, pace, digests of imports, framing: the small parts of the host."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from plugin_operator.cache import CachedObject
from plugin_operator.errors import ApiConnectionError, ConflictError, PluginRejected, TerminalError
from plugin_operator.hosting.environment import Environment, HostSettings
from plugin_operator.hosting.inspection.parser import inspect_source
from plugin_operator.hosting.reporting.reporter import StatusReporter
from plugin_operator.hosting.reporting.states import TRANSITIONS, PluginState, may_follow
from plugin_operator.hosting.rollout.controller_names import ControllerNames
from plugin_operator.hosting.rollout.reload_limiter import TokenBucket
from plugin_operator.hosting.runtime.caches.listers import merged_lister
from plugin_operator.hosting.runtime.health import RevisionHealth
from plugin_operator.hosting.scan.snapshot import PluginSource
from plugin_operator.hosting.validation.protocol import Frames, TrialRequest, Verdict, frame
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.metrics import Metrics
from plugin_operator.plugin import ControllerDeclaration
from plugin_operator.testing.virtual_clock import VirtualClock


def test_every_state_can_be_reached_and_only_retired_is_final() -> None:
    assert set(TRANSITIONS) == set(PluginState)
    reached = {PluginState.DISCOVERED}.union(*TRANSITIONS.values())
    assert reached == set(PluginState)
    assert [state for state, following in TRANSITIONS.items() if not following] == [PluginState.RETIRED]


def test_a_retired_plugin_stays_so_and_nothing_is_active_without_a_trial() -> None:
    assert not may_follow(PluginState.RETIRED, PluginState.ACTIVE)
    assert not may_follow(PluginState.DISCOVERED, PluginState.ACTIVE)
    assert may_follow(PluginState.ACTIVE, PluginState.ACTIVE)


def test_a_rejection_that_is_tried_again_is_one_log_line_and_keeps_its_state_until_it_changes() -> None:
    environment = Environment(
        client=None,
        factory=cast("Any", None),
        recorder=cast("Any", None),
        clock=VirtualClock(),
        metrics=Metrics(),
        settings=HostSettings(scan_interval_seconds=5, import_deadline_seconds=10, drain_deadline_seconds=10),
    )
    reporter = StatusReporter("one", "/p/one.py", environment)
    seen = []
    with capture_logs() as lines:
        for digest, reason in [("a", "x"), ("a", "x"), ("a", "y"), ("a", "y"), ("b", "y"), ("a", "y")]:
            reporter.begin(digest)
            seen.append(reporter.state.value)
            reporter.reject(PluginRejected(reason, path="/p/one.py", line=3), digest, None)
            assert (reporter.state, reporter.reason) == (PluginState.REJECTED, reason)
    assert [line["reason"] for line in lines] == ["x", "y", "y", "y"]
    assert seen == ["Validating", "Rejected", "Rejected", "Rejected", "Validating", "Validating"]


def facts_of(source: str, package: tuple[str, ...] = ()) -> dict[str, Any]:
    return inspect_source(source.encode(), len(package), -1)


def declare(*names: str) -> list[ControllerDeclaration]:
    kind = GroupVersionKind.parse("v1/Pod")
    return [ControllerDeclaration(name, kind, print, path="/p.py", line=3) for name in names]


def test_names_are_claimed_all_or_none_and_given_back() -> None:
    released = []
    controller_names = ControllerNames(lambda: released.append(1))
    controller_names.claim("first", declare("a", "b"))
    with pytest.raises(PluginRejected, match=r"/p.py:3: name: 'b' is the name of a controller of plugin 'first'"):
        controller_names.claim("second", declare("c", "b"))
    controller_names.claim("third", declare("c"))
    controller_names.claim("first", declare("a", "d"))
    assert released == []
    controller_names.keep_only("first", frozenset({"a", "d"}), frozenset({"a", "d"}))
    assert released == [1]
    controller_names.claim("second", declare("b"))


def signed(name: str, id_: str, *former: str) -> ControllerDeclaration:
    kind = GroupVersionKind.parse("v1/Pod")
    return ControllerDeclaration(name, kind, print, id=id_, renamed_from=former, path="/p.py", line=3)


def test_ids_are_claimed_like_names_and_both_controllers_are_named() -> None:
    released = []
    controller_names = ControllerNames(lambda: released.append(1))
    controller_names.claim("first", [signed("a", "x")])
    with pytest.raises(
        PluginRejected, match=r"id: 'x' of controller 'b' is the id of controller 'a' of plugin 'first'"
    ):
        controller_names.claim("second", [signed("b", "x")])
    with pytest.raises(PluginRejected, match="id: 'x'"):
        controller_names.claim("second", declare("x"))
    controller_names.claim("first", [signed("a", "y")])
    controller_names.keep_only("first", frozenset({"a"}), frozenset({"y"}))
    assert released == [1]
    controller_names.claim("second", [signed("b", "x")])


def test_former_ids_are_claimed_like_ids() -> None:
    controller_names = ControllerNames(lambda: None)
    controller_names.claim("first", [signed("a", "x", "w")])
    with pytest.raises(
        PluginRejected, match=r"id: 'w' of controller 'b' is the id of controller 'a' of plugin 'first'"
    ):
        controller_names.claim("second", [signed("b", "w")])
    for former in ("x", "w"):
        words = rf"/p.py:3: renamed_from: '{former}' belongs to controller 'a' of plugin 'first': delete it there"
        with pytest.raises(PluginRejected, match=words):
            controller_names.claim("second", [signed("b", "y", former)])
    controller_names.keep_only("first", frozenset({"a"}), frozenset({"x"}))
    controller_names.claim("second", [signed("b", "y", "w")])


async def test_reloads_are_paced_after_a_burst() -> None:
    clock = VirtualClock()
    pace = TokenBucket(clock, burst=2, interval_seconds=10)
    assert [pace.wait_seconds(), pace.wait_seconds()] == [0, 0]
    assert pace.wait_seconds() == pytest.approx(10)
    await clock.advance(4)
    assert pace.wait_seconds() == pytest.approx(6)
    await clock.advance(6)
    assert pace.wait_seconds() == 0
    assert pace.wait_seconds() > 0


async def test_health_counts_what_the_plugin_is_to_blame_for() -> None:
    health = RevisionHealth()
    told = []
    health.report_to(lambda: told.append(health.failed))
    health.raised(ValueError("x"))
    health.returned()
    for error in (ApiConnectionError("away"), TerminalError("no"), ConflictError(409, "", "y")):
        health.raised(error)
    assert (health.succeeded, health.failed, told) == (1, 2, [1, 2])
    assert health.is_failing
    assert health.last_error == "ConflictError: 409 Conflict: y"


@pytest.mark.parametrize(
    ("source", "package", "expected"),
    [
        ("import a.b, c as d", (), {"a", "c"}),
        ("from a.b import c", (), {"a"}),
        ("from . import a, b", (), {"a", "b"}),
        ("from .a.b import c", (), {"a"}),
        ("from . import inner", ("pkg",), set()),
        ("from .. import helper", ("pkg",), {"helper"}),
        ("from ..helper import x", ("pkg",), {"helper"}),
        ("from ...helper import x", ("pkg", "sub"), {"helper"}),
        ("def f():\n    import late", (), {"late"}),
        ("import importlib\nimportlib.import_module('named')", (), {"importlib", "named"}),
        ("__import__('named')", (), {"named"}),
        ("try:\n    import fast\nexcept ImportError:\n    import slow", (), {"fast", "slow"}),
    ],
)
def test_imports_are_found_wherever_they_stand(source: str, package: tuple[Any, ...], expected: set[str]) -> None:
    assert set(facts_of(source, package)["top_level"]) == expected


@pytest.mark.parametrize(
    ("source", "declares"),
    [
        ("def new_controller(): ...", True),
        ("async def new_controller(): ...", True),
        ("new_controller = make", True),
        ("from base import new_controller", True),
        ("from plugin_operator import controller\n@controller(for_='v1/Pod')\nasync def f(c, r): ...", True),
        ("from plugin_operator import controller as c\n@c(for_='v1/Pod')\nclass F: ...", True),
        ("import plugin_operator as po\n@po.controller(for_='v1/Pod')\ndef f(c, r): ...", True),
        ("from mine import controller\n@controller\ndef f(): ...", False),
        ("def f():\n    def new_controller(): ...", False),
        ("x = 1", False),
    ],
)
def test_a_declaration_is_recognised_without_running_it(source: str, declares: bool) -> None:
    assert facts_of(source)["declares"] is declares


def test_what_is_not_python_has_no_facts() -> None:
    assert not inspect_source(b"def (", 0, -1)["is_parsed"]
    assert not inspect_source(b"\xff\xfe\x00", 0, -1)["is_parsed"]


def test_messages_cross_a_pipe_in_any_pieces() -> None:
    source = PluginSource("one", "/p/one.py", {"one.py": b"\x00\xff"}, "d", root="/p")
    data = frame(TrialRequest.of(7, source, 1.5)) + frame(Verdict(7, "no", line=3))
    frames = Frames()
    found = [each for index in range(len(data)) for each in frames.feed(data[index : index + 1])]
    assert len(found) == 2
    import msgspec

    request = msgspec.msgpack.decode(found[0], type=TrialRequest)
    assert request.source().files == {"one.py": b"\x00\xff"}
    assert msgspec.msgpack.decode(found[1], type=Verdict).line == 3


def cached(name: str) -> CachedObject:
    return CachedObject(b'{"name":"%b"}' % name.encode(), "", name, "1")


class FakeLister:
    def __init__(self, *names: str) -> None:
        self.names = names

    def cached(self, key: NamespacedName) -> CachedObject | None:
        return cached(key[1]) if key[1] in self.names else None

    def cached_list(self, namespace: str | None = None, label_selector: str | None = None) -> Sequence[CachedObject]:
        return [cached(name) for name in self.names]

    def keys(self, namespace: str | None = None, label_selector: str | None = None) -> Sequence[NamespacedName]:
        return [NamespacedName("", name) for name in self.names if label_selector in {None, name}]

    def cached_by_index(self, index: str, value: str) -> Sequence[CachedObject]:
        if index != "i":
            raise LookupError("no index")
        return [cached(name) for name in self.names if name == value]

    def index_keys(self, index: str, value: str) -> Sequence[NamespacedName]:
        if index != "i":
            raise LookupError("no index")
        return [NamespacedName("", name) for name in self.names if name == value]

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, key: NamespacedName) -> bool:
        return key[1] in self.names


def test_caches_of_several_namespaces_read_as_one() -> None:
    lister = merged_lister({"x": FakeLister("a"), "y": FakeLister("b", "c")})
    assert lister.get(NamespacedName("y", "b")) == {"name": "b"}
    assert lister.raw("y/b") is not None
    assert lister.get("b", "y") is not None
    with pytest.raises(ValueError, match="not a name"):
        lister.get("x/y/b")
    assert lister.get(NamespacedName("x", "b")) is None
    assert lister.get(NamespacedName("z", "b")) is None
    assert len(lister.list()) == len(lister) == len(lister.keys()) == 3
    assert lister.keys(label_selector="c") == [NamespacedName("", "c")]
    assert lister.list("y") == [{"name": "b"}, {"name": "c"}]
    assert lister.list("z") == []
    assert lister.by_index("i", "a") == [{"name": "a"}]
    assert lister.by_index("i", "a", "y") == []
    assert lister.index_keys("i", "c", "y") == [NamespacedName("", "c")]
    assert (lister.index_keys("i", "c", "z"), lister.by_index("i", "c", "z")) == ([], [])
    for read in (lister.by_index, lister.index_keys):
        with pytest.raises(LookupError, match="no index"):
            read("misspelled", "c", "z")
    assert NamespacedName("x", "a") in lister
