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
from tests.integration.faults.rows import OPERATOR

Script = Callable[[Any], Awaitable[None]]
RESTARTS = "plugin_operator_watch_restarts_total"
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


async def create_widgets(site: Any, version: str = "v1", scope: str = "Namespaced") -> None:
    """Have the server serve widgets, and wait until it does: kube-apiserver needs a moment after it says so."""
    await site.client.create(definition(version, scope))

    async def is_served() -> bool:
        site.forget_kinds()
        with contextlib.suppress(ApiError, NoMatchError):
            await site.client.list(f"example.org/{version}/Widget")
            return True
        return False

    await site.eventually(is_served)


async def delete_widgets(site: Any) -> None:
    """Have the server forget widgets, and wait until it has."""
    await site.client.delete(CRD, "widgets.example.org")

    async def is_gone() -> bool:
        with contextlib.suppress(NotFoundError):
            await site.client.get(CRD, "widgets.example.org")
            return False
        return True

    await site.eventually(is_gone)


async def others_work(site: Any, value: str) -> None:
    """See the other controller follow a change."""
    await site.put("v1/Secret", "other", value)
    await site.seen("bystander", "other", value)


async def widgets_wait(site: Any, reason: str) -> None:
    """See the controller of widgets wait, everywhere where that can be seen."""
    await site.shows("widgets", "WAITING", reason)
    assert reason in await site.status()
    await site.counts(1, "plugin_operator_plugin_state", plugin="widgets", state="Waiting")
    code, verbose = await site.get("probe server", "/readyz?verbose")
    assert code == 200
    assert reason in verbose


@script("a kind does not exist", "waits, starts within two seconds of its CRD", "kind missing")
async def kind_missing(site: Any) -> None:
    """A plugin comes before its CRD."""
    site.plugin("widgets", WIDGET)
    await widgets_wait(site, "serves no example.org/v1/Widget")
    await others_work(site, "while widgets wait")
    await create_widgets(site)
    began = time.monotonic()
    await site.put(WIDGET, "first", 1)
    await site.seen("widgets", "first", 1)
    assert time.monotonic() - began < 2 + os.getloadavg()[0]  # a busy machine may take its time
    assert site.logged("Informer is waiting", WIDGET) == 1


@script("a kind is deleted and created again", "waits, hears of the deletions, follows the new objects", "kind missing")
async def kind_recreated(site: Any) -> None:
    """A CRD goes, with all its objects, and comes back."""
    await create_widgets(site)
    site.plugin("widgets", WIDGET)
    await site.put(WIDGET, "first", 1)
    await site.seen("widgets", "first", 1)
    await delete_widgets(site)
    await widgets_wait(site, "serves")
    await others_work(site, "while widgets are gone")
    await create_widgets(site)
    await site.put(WIDGET, "second", 2)
    await site.seen("widgets", "second", 2)
    await site.seen("widgets", "first", "gone")


@script("a kind comes back in another version only", "waits, names the version it wants, starts once it is served")
async def kind_in_another_version(site: Any) -> None:
    """A CRD serves v2 where the plugin wants v1."""
    await create_widgets(site, version="v2")
    site.plugin("widgets", WIDGET)
    await widgets_wait(site, "serves no example.org/v1/Widget")
    await delete_widgets(site)
    await create_widgets(site)
    await site.put(WIDGET, "first", 1)
    await site.seen("widgets", "first", 1)


@script("a namespaced kind comes back cluster-scoped", "waits, and follows it once it is namespaced again")
async def kind_in_another_scope(site: Any) -> None:
    """A CRD changes its scope by being deleted and created."""
    await create_widgets(site)
    site.plugin("widgets", WIDGET)
    await site.put(WIDGET, "first", 1)
    await site.seen("widgets", "first", 1)
    await delete_widgets(site)
    await create_widgets(site, scope="Cluster")
    await others_work(site, "while widgets have no namespaces")
    assert site.is_running
    await delete_widgets(site)
    await create_widgets(site)
    site.forget_kinds()
    await site.put(WIDGET, "second", 2)
    await site.seen("widgets", "second", 2)


@script("a permission is missing from the start", "waits, starts once it is granted", "forbidden")
async def permission_missing(site: Any) -> None:
    """A plugin comes before its role."""
    await create_widgets(site)
    await site.grant(READ_MAPS, READ_SECRETS, EVENTS, PATHS)
    site.plugin("widgets", WIDGET)
    await widgets_wait(site, "widgets.example.org is forbidden")
    await others_work(site, "while widgets are forbidden")
    await site.put(WIDGET, "first", 1)
    widgets = {"apiGroups": ["example.org"], "resources": ["widgets"], "verbs": ["get", "list", "watch"]}
    await site.grant(READ_MAPS, READ_SECRETS, EVENTS, PATHS, widgets)
    await site.seen("widgets", "first", 1)
    assert site.logged("Informer is waiting", WIDGET) == 1


@script("a permission is withdrawn and given back", "goes on until its watch ends, waits, resumes", "forbidden")
async def permission_withdrawn(site: Any) -> None:
    """The real server does not end a watch that is open either."""
    await site.grant(READ_SECRETS, EVENTS, PATHS)
    site.server.faults.add(Fault(action=Action.BREAK, verb="watch", resource="configmaps", agent=OPERATOR))
    await site.shows("maps", "WAITING", "configmaps is forbidden")
    await others_work(site, "while maps are forbidden")
    await site.put("v1/ConfigMap", "kept", "meanwhile")
    await site.grant(READ_MAPS, READ_SECRETS, EVENTS, PATHS)
    await site.seen("maps", "kept", "meanwhile")


@script("a kind's conversion webhook cannot be reached", "waits, follows it once it converts", "conversion failing")
async def conversion_fails(site: Any) -> None:
    """Nothing of that kind can be read, and nothing else is concerned."""
    await create_widgets(site)
    await site.put(WIDGET, "first", 1)
    words = "conversion webhook for example.org/v1, Kind=Widget failed: connection refused"
    for verb in ("list", "watch"):
        refusal = Fault(action=Action.REFUSE, verb=verb, resource="widgets", agent=OPERATOR, count=None, message=words)
        site.server.faults.add(refusal)
    site.plugin("widgets", WIDGET)
    await widgets_wait(site, words)
    await site.counts(1, RESTARTS, kind=WIDGET, reason="conversion failing", at_least=True)
    await others_work(site, "while nothing is converted")
    site.server.faults.clear()
    await site.seen("widgets", "first", 1)
    assert site.logged("Informer is waiting", WIDGET) == 1


@script("discovery of one group fails", "waits or backs off; all others go on", "server failed")
async def discovery_of_a_group_fails(site: Any) -> None:
    """An aggregated API server is down."""
    await create_widgets(site)
    site.server.faults.add(Fault(action=Action.REFUSE, path="/apis/example.org", code=503, agent=OPERATOR, count=None))
    site.plugin("widgets", WIDGET)
    await site.counts(1, RESTARTS, kind=WIDGET, reason="server failed", at_least=True)
    await others_work(site, "while discovery fails")
    site.server.faults.clear()
    await site.put(WIDGET, "first", 1)
    await site.seen("widgets", "first", 1)


@script("discovery of one group never answers", "backs off; new controllers of other kinds start all the same")
async def discovery_of_a_group_stalls(site: Any) -> None:
    """An aggregated API server hangs."""
    stall = site.server.faults.add(Fault(action=Action.STALL, path="/apis/example.org", agent=OPERATOR, count=None))
    site.plugin("widgets", WIDGET)
    await create_widgets(site)
    await eventually(lambda: stall.hits > 0)
    site.plugin("leases", "coordination.k8s.io/v1/Lease")
    await site.put("coordination.k8s.io/v1/Lease", "first", 1)
    await site.seen("leases", "first", 1, timeout_seconds=8)
