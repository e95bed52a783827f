"""What a revision says of caches that wait for the API server."""

import pytest

from plugin_operator.cache import InformerKey
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import Request
from plugin_operator.hosting.runtime.caches.informer_set import InformerSet
from plugin_operator.kube import GroupVersionKind
from plugin_operator.plugin import CacheDeclaration, Context, ControllerDeclaration
from plugin_operator.testing.fake_informers import FakeInformerFactory
from plugin_operator.testing.virtual_clock import VirtualClock

MAP, SECRET = GroupVersionKind.parse("v1/ConfigMap"), GroupVersionKind.parse("v1/Secret")
KEYS = {kind: [InformerKey(kind, namespace) for namespace in ("left", "right")] for kind in (MAP, SECRET)}


@pytest.fixture
async def factory() -> FakeInformerFactory:
    return FakeInformerFactory()


def forbid(factory: FakeInformerFactory, kind: GroupVersionKind, number: int, *, from_the_start: bool) -> None:
    factory.synced = not from_the_start
    factory[KEYS[kind][number]].wait("forbidden")
    factory.synced = True


def informers_in(factory: FakeInformerFactory) -> InformerSet:
    async def reconcile(ctx: Context, request: Request) -> None: ...

    declaration = ControllerDeclaration("c", MAP, reconcile, reads=(CacheDeclaration(kind=SECRET),))
    return InformerSet(factory, declaration, ("left", "right"), PluginGuard("p", "1-a", "c", clock=VirtualClock()))


async def test_a_namespace_that_waits_is_named_and_the_others_work(factory: FakeInformerFactory) -> None:
    forbid(factory, SECRET, 1, from_the_start=True)
    informers = informers_in(factory)
    assert informers.waiting == ["namespace right waits, others are reconciled: forbidden"]
    assert informers.works
    assert informers.blocked == {KEYS[SECRET][1]}


async def test_nothing_works_if_each_namespace_lacks_a_cache_from_the_start(factory: FakeInformerFactory) -> None:
    forbid(factory, SECRET, 1, from_the_start=True)
    forbid(factory, MAP, 0, from_the_start=True)
    informers = informers_in(factory)
    assert informers.waiting == ["forbidden"]
    assert not informers.works


async def test_what_was_complete_before_it_had_to_wait_stops_nothing(factory: FakeInformerFactory) -> None:
    forbid(factory, SECRET, 1, from_the_start=True)
    forbid(factory, SECRET, 0, from_the_start=False)
    informers = informers_in(factory)
    assert informers.waiting == ["forbidden"]
    assert informers.works
    assert informers.blocked == set(KEYS[SECRET])
