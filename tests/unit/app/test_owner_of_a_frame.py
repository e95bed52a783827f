"""Who is charged with what a frame does: the registry of loaded revisions answers, whatever the names look like."""

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import cast

import pytest

from plugin_operator import logs
from plugin_operator.app.plugin_runnables import plugin_of
from plugin_operator.cache import CachedObject
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers.handlers import EnqueueMapped
from plugin_operator.controllers.metrics import controller_metrics
from plugin_operator.controllers.sources.source import Source
from plugin_operator.controllers.spec import Watch
from plugin_operator.controllers.workers.outcomes import Outcomes
from plugin_operator.hosting.loading.loader import Loader
from plugin_operator.hosting.loading.revision import PluginRevision
from plugin_operator.hosting.scan.snapshot import PluginSource, digest_of
from plugin_operator.kube import NamespacedName
from plugin_operator.manager.fork_guard import culprit
from plugin_operator.metrics import Metrics
from plugin_operator.tasks import TaskOwner
from plugin_operator.testing.fake_informers import FakeInformerFactory
from plugin_operator.testing.virtual_clock import VirtualClock
from plugin_operator.workqueue import ExponentialBackoff, WorkQueue
from plugin_operator.workqueue.metrics import workqueue_metrics
from tests.compiling import compiled

KEY = NamespacedName("ns", "web")
ROOT = "/plugins"
TEXT = """
import sys
import types
from plugin_operator.plugin import controller

def frame():
    return sys._getframe()

def in_other_globals():
    return types.FunctionType(frame.__code__, {"sys": sys})()

@controller(for_='v1/Pod')
async def one(ctx, request): ...
"""


@pytest.fixture
def loaded() -> Iterator[list[PluginRevision]]:
    revisions: list[PluginRevision] = []
    yield revisions
    for each in revisions:
        each.purge()


async def load(name: str, text: str, loaded: list[PluginRevision]) -> PluginRevision:
    content = {f"{name}.py": text.encode()}
    source = PluginSource(name, f"{ROOT}/{name}.py", content, digest_of(content), root=ROOT, code=compiled(content))
    loaded.append(await Loader().load(source))
    return loaded[-1]


@pytest.mark.parametrize("name", ["my-plugin", "one_1_2", "_plugin_x", "ünïcode"])
@pytest.mark.parametrize("function", ["frame", "in_other_globals"])
async def test_the_plugin_is_charged_whatever_it_is_called(
    name: str, function: str, loaded: list[PluginRevision]
) -> None:
    revision = await load(name, TEXT, loaded)
    frame: FrameType = getattr(revision.module, function)()
    assert plugin_of(frame) == name
    assert logs.owner_of("", frame.f_code.co_filename) == (name, revision.revision, "")


async def test_a_plugin_that_renames_its_module_is_charged(loaded: list[PluginRevision]) -> None:
    revision = await load("my-plugin", TEXT, loaded)
    revision.module.__name__ = "json"
    assert plugin_of(revision.module.frame()) == "my-plugin"


async def test_a_revision_that_is_gone_is_charged_with_nothing(loaded: list[PluginRevision]) -> None:
    revision = await load("my-plugin", TEXT, loaded)
    revision.purge()
    assert plugin_of(revision.module.frame()) is None


def in_guard(guard: PluginGuard, look: Callable[..., None]) -> None:
    del look
    guard.contain("map", KEY, None, _raises)


def in_outcomes(guard: PluginGuard, look: Callable[..., None]) -> None:
    clock, metrics = VirtualClock(), Metrics()
    queue: WorkQueue[NamespacedName] = WorkQueue(
        "c", clock=clock, rate_limiter=ExponentialBackoff(), metrics=workqueue_metrics(metrics, "c", "c")
    )
    outcomes = Outcomes("c", queue=queue, metrics=controller_metrics(metrics, "c"), clock=clock, on_failure=look)
    outcomes.failed(guard, KEY, ValueError("no"))


def in_source(guard: PluginGuard, look: Callable[..., None]) -> None:
    informers = FakeInformerFactory()
    clock = VirtualClock()
    tasks = TaskOwner("maps", clock=clock)
    source = Source(informers.acquire("cms"), look, tasks=tasks, clock=clock, on_stuck=lambda _: None)
    source.bind((Watch(("cms",), EnqueueMapped(lambda _: [KEY])),), guard)
    source.on_add(KEY, cast("CachedObject", _Object()), False)


@pytest.mark.parametrize("work", [in_guard, in_outcomes, in_source])
def test_what_the_operator_does_for_a_plugin_is_charged_to_that_plugin(work: Callable[..., None]) -> None:
    found: list[str | None] = []

    def look(*_: object) -> None:
        found.append(culprit(sys._getframe(1), plugin_of)[0])

    work(PluginGuard("my-plugin", "1-abc", "web", clock=VirtualClock(), on_error=look), look)
    assert found == ["my-plugin"]


class _Object:
    """A cached object of which nothing is read."""

    resource_version = "1"

    def metadata(self) -> object:
        raise AssertionError

    def decode(self) -> dict[str, object]:
        return {}


def _raises() -> None:
    raise ValueError
