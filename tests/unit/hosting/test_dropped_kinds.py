"""``DroppedKinds``: which children are deleted after a series of edits."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import pytest

from plugin_operator.hosting import Environment
from plugin_operator.hosting.rollout.dropped_kinds import DroppedKinds
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.kube import GroupVersionKind, LabelSelector
from plugin_operator.kube.ownership import CONTROLLER_LABEL
from plugin_operator.plugin import ControllerDeclaration, ControllerIdentity, PruneBudgets
from plugin_operator.plugin.cache_declaration import OwnDeclaration
from plugin_operator.testing import VirtualClock

SECRET, SERVICE = "v1/Secret", "v1/Service"
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u", "controller": True}
UID, ANNOTATION = "plugin-operator/owner-uid", "plugin-operator/owner"


class Cluster:
    """One child of each kind, and its deletion on record."""

    def __init__(self) -> None:
        self.label = "family"
        self.deleted: list[str] = []
        self.versions: list[tuple[str, str]] = []
        self.marks: dict[str, Any] = {"ownerReferences": [OWNER]}

    async def list(self, kind: GroupVersionKind, namespace: str | None, selector: str) -> list[Any]:
        assert namespace is None
        assert LabelSelector.parse(selector).matches({CONTROLLER_LABEL: self.label})
        labels = {CONTROLLER_LABEL: self.label, **self.marks.get("labels", {})}
        metadata = {"name": "a", "namespace": "n", "uid": "u1", "resourceVersion": "7"}
        return [{"metadata": {**metadata, **self.marks, "labels": labels}}]

    async def delete(self, kind: GroupVersionKind, name: str, namespace: str, **options: Any) -> None:
        self.versions.append((options.get("uid", ""), options.get("resource_version", "")))
        self.deleted.append(str(kind))


def controller(
    *owns: str, id_: str = "family", for_: str = "v1/ConfigMap", renamed_from: tuple[str, ...] = ()
) -> ControllerDeclaration:
    caches = tuple(OwnDeclaration(kind=GroupVersionKind.parse(each)) for each in owns)
    return ControllerDeclaration(
        id_, GroupVersionKind.parse(for_), print, id=id_, owns=caches, renamed_from=renamed_from
    )


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
async def dropped(cluster: Cluster) -> AsyncIterator[DroppedKinds]:
    environment = SimpleNamespace(
        clock=VirtualClock(), supervisor=None, namespaces=(), prune_budgets=PruneBudgets(), client=cluster
    )
    made = DroppedKinds("one", cast("Environment", environment))
    yield made
    await made.stop(1)


async def deleted_after(dropped: DroppedKinds, cluster: Cluster, *edits: list[ControllerDeclaration]) -> list[str]:
    """Swap from one revision to the next, and confirm the last one."""
    revisions = [revision(cluster, each) for each in edits]
    for old, new in pairwise(revisions):
        dropped.swapped(old, new)
    dropped.confirmed()
    for job in list(dropped._pruning.values()):
        await job.finished
    return cluster.deleted


def revision(cluster: Cluster, declarations: list[ControllerDeclaration]) -> RevisionRuntime:
    identities = {each.name: ControllerIdentity(each.id, each.renamed_from) for each in declarations}
    bound = {
        each.name: SimpleNamespace(
            declaration=each, scope=SimpleNamespace(client=cluster, identity=identities[each.name])
        )
        for each in declarations
    }
    made = SimpleNamespace(revision=SimpleNamespace(declarations=declarations), bound=bound, identities=identities)
    return cast("RevisionRuntime", made)


async def test_a_dropped_kind_is_pruned(dropped: DroppedKinds, cluster: Cluster) -> None:
    both, one = [controller(SECRET, SERVICE)], [controller(SERVICE)]
    assert await deleted_after(dropped, cluster, both, one) == [SECRET]
    assert cluster.versions == [("u1", "7")]  # never another object of the name, nor one that has changed


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([[controller(SECRET)], [controller()], [controller(SECRET)]], id="owned again"),
        pytest.param([[controller("a.b/v1/C")], [controller("a.b/v2/C")]], id="another version"),
        pytest.param([[controller(SECRET)], [controller()], [controller(id_="x")]], id="the controller left later"),
        pytest.param([[controller(SECRET)], [controller(id_="x")]], id="the controller left"),
        pytest.param([[controller(SECRET)], [controller(for_="v1/Pod")]], id="another reconciled kind"),
        pytest.param([[controller(SECRET)], [controller()], [controller(for_="v1/Pod")]], id="another kind later"),
        pytest.param(
            [[controller(SECRET)], [controller(SECRET, id_="x", renamed_from=("family",))]], id="owned under another id"
        ),
    ],
)
async def test_nothing_is_pruned_if(
    dropped: DroppedKinds, cluster: Cluster, edits: list[list[ControllerDeclaration]]
) -> None:
    assert await deleted_after(dropped, cluster, *edits) == []


@pytest.mark.parametrize(
    ("marks", "deleted"),
    [
        pytest.param({"labels": {UID: "u"}, "annotations": {ANNOTATION: "ConfigMap/n/o"}}, [SECRET], id="far child"),
        pytest.param({}, [], id="copied label"),
        pytest.param({"labels": {UID: "u"}}, [], id="copied labels"),
        pytest.param({"labels": {UID: "u"}, "annotations": {ANNOTATION: "Pod/n/o"}}, [], id="far child of a Pod"),
        pytest.param({"annotations": {ANNOTATION: "ConfigMap/n/o"}}, [], id="copied annotation"),
        pytest.param({"ownerReferences": [{**OWNER, "kind": "Pod"}]}, [], id="child of a Pod"),
        pytest.param({"ownerReferences": [{**OWNER, "apiVersion": "a.b/v1"}]}, [], id="child of another group"),
        pytest.param({"ownerReferences": [{**OWNER, "controller": False}]}, [], id="owned by no controller"),
        pytest.param(
            {"ownerReferences": [OWNER], "deletionTimestamp": "2026-01-01T00:00:00Z"}, [], id="on its way out"
        ),
    ],
)
async def test_only_children_of_an_owner_of_the_reconciled_kind_are_deleted(
    dropped: DroppedKinds, cluster: Cluster, marks: dict[str, Any], deleted: list[str]
) -> None:
    cluster.marks = marks
    assert await deleted_after(dropped, cluster, [controller(SECRET)], [controller()]) == deleted


async def test_several_edits_add_up(dropped: DroppedKinds, cluster: Cluster) -> None:
    edits = [[controller(SECRET, SERVICE, "v1/Pod")], [controller(SERVICE, "v1/Pod")], [controller("v1/Pod")]]
    assert await deleted_after(dropped, cluster, *edits) == [SECRET, SERVICE]


@pytest.mark.parametrize("label", ["family", "older", "x"])
async def test_a_kind_that_a_renamed_controller_drops_is_pruned_under_each_id(
    dropped: DroppedKinds, cluster: Cluster, label: str
) -> None:
    cluster.label = label
    edits = [
        [controller(SECRET, renamed_from=("older",))],
        [controller(SECRET, id_="x", renamed_from=("family", "older"))],
        [controller(id_="x", renamed_from=("family", "older"))],
    ]
    assert await deleted_after(dropped, cluster, *edits) == [SECRET]


async def test_a_kind_that_is_dropped_with_the_rename_is_pruned(dropped: DroppedKinds, cluster: Cluster) -> None:
    edits = [[controller(SECRET)], [controller(id_="x", renamed_from=("family",))]]
    assert await deleted_after(dropped, cluster, *edits) == [SECRET]


async def test_a_revision_that_owns_the_kind_again_waits_for_the_deletion_in_flight(
    dropped: DroppedKinds, cluster: Cluster
) -> None:
    is_deleting, goes_on = asyncio.Event(), asyncio.Event()
    delete = cluster.delete

    async def slow(*args: Any, **options: Any) -> None:
        is_deleting.set()
        await goes_on.wait()
        await delete(*args, **options)

    cluster.delete = slow  # type: ignore[method-assign]
    owns, owns_not = revision(cluster, [controller(SECRET)]), revision(cluster, [controller()])
    dropped.swapped(owns, owns_not)
    dropped.confirmed()
    await is_deleting.wait()
    claim = asyncio.create_task(dropped.claim(owns))
    await asyncio.sleep(0)
    assert not claim.done()
    goes_on.set()
    await claim
    assert cluster.deleted == [SECRET]


@pytest.mark.parametrize("is_installed", [True, False])
async def test_a_claimed_kind_is_pruned_only_if_the_revision_was_not_installed(
    dropped: DroppedKinds, cluster: Cluster, is_installed: bool
) -> None:
    owns, owns_not = revision(cluster, [controller(SECRET)]), revision(cluster, [controller()])
    dropped.swapped(owns, owns_not)
    await dropped.claim(owns)
    dropped.confirmed()
    clock = cast("VirtualClock", dropped._environment.clock)
    await clock.advance(60)
    assert cluster.deleted == []
    if is_installed:
        dropped.swapped(owns_not, owns)
    else:
        dropped.give_back()
    await clock.advance(60)
    assert cluster.deleted == ([] if is_installed else [SECRET])
