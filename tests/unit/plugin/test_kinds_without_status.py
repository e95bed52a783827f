"""Writes of a status that a kind does not have: an error before any request, or the server's one in clear words."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kube_apiserver.registry.builtin_resources import served_builtin_resources
from plugin_operator.errors import NotFoundError, api_error
from plugin_operator.kinds.core_v1 import ConfigMap
from plugin_operator.kube import GroupVersionKind, status_problem
from plugin_operator.kube.builtin_kinds import builtin_names
from plugin_operator.testing import fake_context

MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns", "uid": "u"}}
MESSAGE = "a ConfigMap has no status: write another field of it with ctx.client.patch(), or record an Event"


async def enter(ctx: Any, obj: Any) -> None:
    async with ctx.status(obj):
        pass


Call = Callable[[Any], Awaitable[Any]]
CALLS: dict[str, Call] = {
    "status": lambda ctx: enter(ctx, ctx.lister.get(ctx.request)),
    "status, typed": lambda ctx: enter(ctx, ctx.lister_for(ConfigMap).get(ctx.request)),
    "update_status": lambda ctx: ctx.client.update_status(ctx.lister.get(ctx.request)),
    "patch_status": lambda ctx: ctx.client.patch_status("v1/ConfigMap", ctx.request, {"ready": 1}),
    "patch_status of a class": lambda ctx: ctx.client.patch_status(ConfigMap, ctx.request, {"ready": 1}),
    "apply": lambda ctx: ctx.client.apply(ctx.lister.get(ctx.request), subresource="status"),
}


@pytest.mark.parametrize("name", CALLS)
async def test_a_configmap_has_no_status(name: str) -> None:
    ctx = fake_context([MAP])
    with pytest.raises((TypeError, ValueError)) as raised:
        await CALLS[name](ctx)
    assert str(raised.value) == MESSAGE
    assert not [*ctx.writes, *ctx.failed_writes]


@pytest.mark.parametrize("message", ["404 page not found", "the server could not find the requested resource"])
async def test_a_custom_kind_without_the_subresource_names_the_way_out(message: str) -> None:
    widget = {**MAP, "apiVersion": "example.com/v1", "kind": "Widget"}
    ctx = fake_context([widget], fail={"update": api_error(404, "NotFound", message)})
    with pytest.raises(NotFoundError, match=r"has no subresource status: add subresources: \{status: \{\}\} to its"):
        await ctx.client.update_status(ctx.lister.get(ctx.request) or {})


def test_the_kinds_without_status_are_those_that_the_embedded_server_serves_without_one() -> None:
    has_status: dict[tuple[str, str], bool] = {}
    for each in served_builtin_resources():
        key = each.group, each.kind
        has_status[key] = has_status.get(key, False) or each.has_status
    for group, kind in builtin_names():
        problem = status_problem(GroupVersionKind(group, "v1", kind))
        assert bool(problem) is (not has_status.get((group, kind), True)), f"{group}/{kind}"
