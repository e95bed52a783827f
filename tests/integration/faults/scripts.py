"""Faults that take more than a plan: kinds and permissions that come and go; more in ``scripts_server``."""

import contextlib
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from kube_apiserver.faults import Action, Fault
from plugin_operator.errors import ApiError, NoMatchError, NotFoundError
from plugin_operator.testing.eventually import eventually
from tests.integration.faults.operator_harness import RESTARTS, OperatorHarness
from tests.integration.faults.rows import OPERATOR

Script = Callable[[Any], Awaitable[None]]
WIDGET = "example.org/v1/Widget"
CRD = "apiextensions.k8s.io/v1/CustomResourceDefinition"
READ_SECRETS = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}
READ_MAPS = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}
EVENTS = {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["*"]}
PATHS = {"nonResourceURLs": ["*"], "verbs": ["get"]}


@dataclass(frozen=True, slots=True)
class Scripted:
    """One line of the table; ``restarts`` as in ``rows.Row``."""

    when: str
    then: str
    restarts: str
    run: Script


SCRIPTED: dict[str, Scripted] = {}


def script(when: str, then: str, restarts: str = "") -> Callable[[Script], Script]:
    """Add a function to the table."""

    def add(run: Script) -> Script:
        SCRIPTED[run.__name__] = Scripted(when, then, restarts, run)
        return run

    return add


def definition(version: str = "v1", scope: str = "Namespaced") -> dict[str, Any]:
    """Return the CRD of widgets."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.org"},
        "spec": {
            "group": "example.org",
            "scope": scope,
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [
                {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}},
            ],
        },
    }


async def create_widgets(harness: OperatorHarness, version: str = "v1", scope: str = "Namespaced") -> None:
    """Have the server serve widgets, and wait until it does: kube-apiserver needs a moment after it says so."""
    await harness.client.create(definition(version, scope))

    async def is_served() -> bool:
        harness.forget_kinds()
        with contextlib.suppress(ApiError, NoMatchError):
            await harness.client.list(f"example.org/{version}/Widget")
            return True
        return False

    await harness.eventually(is_served)


async def delete_widgets(harness: OperatorHarness) -> None:
    """Have the server forget widgets, and wait until it has."""
    await harness.client.delete(CRD, "widgets.example.org")

    async def is_gone() -> bool:
        with contextlib.suppress(NotFoundError):
            await harness.client.get(CRD, "widgets.example.org")
            return False
        return True

    await harness.eventually(is_gone)


async def others_work(harness: OperatorHarness, value: str) -> None:
    """See the other controller follow a change."""
    await harness.put("v1/Secret", "other", value)
    await harness.seen("bystander", "other", value)


async def widgets_wait(harness: OperatorHarness, reason: str) -> None:
    """See the controller of widgets wait, everywhere where that can be seen."""
    await harness.shows("widgets", "WAITING", reason)
    assert reason in await harness.status()
    await harness.counts(1, "plugin_operator_plugin_state", plugin="widgets", state="Waiting")
    code, verbose = await harness.get("probe server", "/readyz?verbose")
    assert code == 200
    assert reason in verbose


@script("a kind does not exist", "waits, starts within two seconds of its CRD", "kind missing")
async def kind_missing(harness: OperatorHarness) -> None:
    """A plugin comes before its CRD."""
    harness.plugin("widgets", WIDGET)
    await widgets_wait(harness, "serves no example.org/v1/Widget")
    await others_work(harness, "while widgets wait")
    await create_widgets(harness)
    began = time.monotonic()
    await harness.put(WIDGET, "first", 1)
    await harness.seen("widgets", "first", 1)
    assert time.monotonic() - began < 2 + os.getloadavg()[0]  # a busy machine may take its time
    assert harness.logged("Informer is waiting", WIDGET) == 1


@script("a kind is deleted and created again", "waits, receives the deletions, follows the new objects", "kind missing")
async def kind_recreated(harness: OperatorHarness) -> None:
    """A CRD goes, with all its objects, and comes back."""
    await create_widgets(harness)
    harness.plugin("widgets", WIDGET)
    await harness.put(WIDGET, "first", 1)
    await harness.seen("widgets", "first", 1)
    await delete_widgets(harness)
    await widgets_wait(harness, "serves")
    await others_work(harness, "while widgets are gone")
    await create_widgets(harness)
    await harness.put(WIDGET, "second", 2)
    await harness.seen("widgets", "second", 2)
    await harness.seen("widgets", "first", "gone")


@script("a kind comes back in another version only", "waits, names the version it wants, starts once it is served")
async def kind_in_another_version(harness: OperatorHarness) -> None:
    """A CRD serves v2 where the plugin wants v1."""
    await create_widgets(harness, version="v2")
    harness.plugin("widgets", WIDGET)
    await widgets_wait(harness, "serves no example.org/v1/Widget")
    await delete_widgets(harness)
    await create_widgets(harness)
    await harness.put(WIDGET, "first", 1)
    await harness.seen("widgets", "first", 1)


@script("a namespaced kind comes back cluster-scoped", "waits, and follows it once it is namespaced again")
async def kind_in_another_scope(harness: OperatorHarness) -> None:
    """A CRD changes its scope by being deleted and created."""
    await create_widgets(harness)
    harness.plugin("widgets", WIDGET)
    await harness.put(WIDGET, "first", 1)
    await harness.seen("widgets", "first", 1)
    await delete_widgets(harness)
    await create_widgets(harness, scope="Cluster")
    await others_work(harness, "while widgets have no namespaces")
    assert harness.is_running
    await delete_widgets(harness)
    await create_widgets(harness)
    harness.forget_kinds()
    await harness.put(WIDGET, "second", 2)
    await harness.seen("widgets", "second", 2)


@script("a permission is missing from the start", "waits, starts once it is granted", "forbidden")
async def permission_missing(harness: OperatorHarness) -> None:
    """A plugin comes before its role."""
    await create_widgets(harness)
    await harness.grant(READ_MAPS, READ_SECRETS, EVENTS, PATHS)
    harness.plugin("widgets", WIDGET)
    await widgets_wait(harness, "widgets.example.org is forbidden")
    await others_work(harness, "while widgets are forbidden")
    await harness.put(WIDGET, "first", 1)
    widgets = {"apiGroups": ["example.org"], "resources": ["widgets"], "verbs": ["get", "list", "watch"]}
    await harness.grant(READ_MAPS, READ_SECRETS, EVENTS, PATHS, widgets)
    await harness.seen("widgets", "first", 1)
    assert harness.logged("Informer is waiting", WIDGET) == 1


@script("a permission is withdrawn and given back", "continues until its watch ends, waits, resumes", "forbidden")
async def permission_withdrawn(harness: OperatorHarness) -> None:
    """The real server does not end a watch that is open either."""
    await harness.grant(READ_SECRETS, EVENTS, PATHS)
    harness.server.faults.add(Fault(action=Action.BREAK, verb="watch", resource="configmaps", agent=OPERATOR))
    await harness.shows("maps", "WAITING", "configmaps is forbidden")
    await others_work(harness, "while maps are forbidden")
    await harness.put("v1/ConfigMap", "kept", "meanwhile")
    await harness.grant(READ_MAPS, READ_SECRETS, EVENTS, PATHS)
    await harness.seen("maps", "kept", "meanwhile")


@script("a kind's conversion webhook cannot be reached", "waits, follows it once it converts", "conversion failing")
async def conversion_fails(harness: OperatorHarness) -> None:
    """Nothing of that kind can be read, and nothing else is concerned."""
    await create_widgets(harness)
    await harness.put(WIDGET, "first", 1)
    words = "conversion webhook for example.org/v1, Kind=Widget failed: connection refused"
    for verb in ("list", "watch"):
        refusal = Fault(action=Action.REFUSE, verb=verb, resource="widgets", agent=OPERATOR, count=None, message=words)
        harness.server.faults.add(refusal)
    harness.plugin("widgets", WIDGET)
    await widgets_wait(harness, words)
    await harness.counts(1, RESTARTS, kind=WIDGET, reason="conversion failing", at_least=True)
    await others_work(harness, "while nothing is converted")
    harness.server.faults.clear()
    await harness.seen("widgets", "first", 1)
    assert harness.logged("Informer is waiting", WIDGET) == 1


@script("discovery of one group fails", "waits or backs off; all others keep running", "server failed")
async def discovery_of_a_group_fails(harness: OperatorHarness) -> None:
    """An aggregated API server is down."""
    await create_widgets(harness)
    harness.server.faults.add(
        Fault(action=Action.REFUSE, path="/apis/example.org", code=503, agent=OPERATOR, count=None)
    )
    harness.plugin("widgets", WIDGET)
    await harness.counts(1, RESTARTS, kind=WIDGET, reason="server failed", at_least=True)
    await others_work(harness, "while discovery fails")
    harness.server.faults.clear()
    await harness.put(WIDGET, "first", 1)
    await harness.seen("widgets", "first", 1)


@script("discovery of one group never answers", "backs off; new controllers of other kinds start all the same")
async def discovery_of_a_group_stalls(harness: OperatorHarness) -> None:
    """An aggregated API server hangs."""
    stall = harness.server.faults.add(Fault(action=Action.STALL, path="/apis/example.org", agent=OPERATOR, count=None))
    harness.plugin("widgets", WIDGET)
    await create_widgets(harness)
    await eventually(lambda: stall.hits > 0)
    harness.plugin("leases", "coordination.k8s.io/v1/Lease")
    await harness.put("coordination.k8s.io/v1/Lease", "first", 1)
    await harness.seen("leases", "first", 1, timeout_seconds=8)
