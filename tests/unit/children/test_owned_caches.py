"""The caches of the kinds in ``owns``, as ``ctx.sync_children`` reads them."""

from typing import Any

import msgspec
import pytest

from plugin_operator import generation_changed
from plugin_operator.cache import InformerKey
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import EnqueueForOwner, Request
from plugin_operator.hosting.runtime.caches.informer_set import InformerSet
from plugin_operator.hosting.runtime.caches.owned_caches import OwnedCaches
from plugin_operator.kube import GroupVersionKind, NamespacedName, ObjectMeta
from plugin_operator.kube.ownership import OWNER_ANNOTATION, annotated_owner, owner_annotation
from plugin_operator.plugin import Context, ControllerDeclaration, ControllerIdentity
from plugin_operator.plugin.cache_declaration import OwnDeclaration
from plugin_operator.testing.fake_informers import FakeInformerFactory
from plugin_operator.testing.virtual_clock import VirtualClock

WIDGET, SECRET = GroupVersionKind.parse("example.com/v1/Widget"), GroupVersionKind.parse("v1/Secret")


@pytest.fixture
async def factory() -> FakeInformerFactory:
    return FakeInformerFactory()


def caches_in(factory: FakeInformerFactory, own: OwnDeclaration) -> OwnedCaches:
    async def reconcile(ctx: Context, request: Request) -> None: ...

    declaration = ControllerDeclaration("c", WIDGET, reconcile, owns=(own,), reads=(own,))
    informers = InformerSet(factory, declaration, (), PluginGuard("p", "1-a", "c", clock=VirtualClock()))
    return OwnedCaches(declaration, ControllerIdentity("c"), informers, None)


def secret(namespace: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    return {"metadata": {"name": "a", "namespace": namespace, "labels": labels or {}}}


async def test_a_child_in_another_namespace_than_the_cache_would_not_be_found_again(
    factory: FakeInformerFactory,
) -> None:
    caches = caches_in(factory, OwnDeclaration(kind=SECRET, namespaces=("left",)))
    assert caches.problem(SECRET, secret("left")) == ""
    assert "namespace left only" in caches.problem(SECRET, secret("right"))


async def test_a_child_that_the_label_selector_leaves_out_would_not_be_found_again(
    factory: FakeInformerFactory,
) -> None:
    caches = caches_in(factory, OwnDeclaration(kind=SECRET, label_selector="tier=a"))
    assert caches.problem(SECRET, secret("left", {"tier": "a"})) == ""
    assert "label_selector" in caches.problem(SECRET, secret("left"))


async def test_a_kind_with_predicates_may_keep_changes_from_its_owner(factory: FakeInformerFactory) -> None:
    filtered = OwnDeclaration(kind=SECRET, predicates=(generation_changed,))
    assert caches_in(factory, filtered).is_filtered(SECRET)
    assert not caches_in(factory, OwnDeclaration(kind=SECRET)).is_filtered(SECRET)


async def test_a_cache_that_waits_for_the_api_server_does_not_count_as_complete(factory: FakeInformerFactory) -> None:
    caches = caches_in(factory, OwnDeclaration(kind=SECRET))
    assert caches.has_synced(SECRET)
    factory[InformerKey(SECRET)].wait("forbidden")
    assert not caches.has_synced(SECRET)


@pytest.mark.parametrize(("kind", "found"), [(WIDGET, True), (SECRET, False)])
def test_the_annotation_names_an_owner_of_its_own_kind_only(kind: GroupVersionKind, found: bool) -> None:
    value = {OWNER_ANNOTATION: owner_annotation(WIDGET, NamespacedName("ns", "w"))}
    assert annotated_owner(value, kind) == (NamespacedName("ns", "w") if found else None)


@pytest.mark.parametrize("text", ["", "Widget.example.com", "Widget.example.com/ns/", "a/b/c/d"])
def test_an_annotation_that_names_no_owner_is_ignored(text: str) -> None:
    assert annotated_owner({OWNER_ANNOTATION: text}, WIDGET) is None


class Cached:
    """A cached object with an annotation."""

    resource_version = "1"

    def metadata(self) -> ObjectMeta:
        return ObjectMeta(name="a", annotations={OWNER_ANNOTATION: "Widget.example.com/other/w"})


def test_a_child_in_another_namespace_enqueues_its_owner() -> None:
    handler = EnqueueForOwner(WIDGET)
    assert list(handler.requests(Request("ns", "a"), Cached())) == [Request("other", "w")]  # type: ignore[arg-type]


def test_metadata_of_a_live_object_is_read_as_that_of_a_cached_one() -> None:
    found = msgspec.convert({"name": "a", "ownerReferences": [{"uid": "1", "controller": True}]}, ObjectMeta)
    assert found.controller_of() is not None
