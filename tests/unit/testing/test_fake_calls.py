"""A plugin that is called with a fake context may make the calls that its rules allow."""

import asyncio
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from plugin_operator.errors import ForbiddenError
from plugin_operator.testing import fake_context
from plugin_operator.testing.permissions import fake_calls

HELLO = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hello", "namespace": "default"}}
PLUGIN = """
import asyncio
from plugin_operator import controller, permission

@controller(for_="v1/ConfigMap", permissions=[permission("pods", "get")])
async def greeting(ctx, request):
    await ctx.client.patch("v1/ConfigMap", request, {"data": {"a": "b"}})

async def read(ctx, kind, request):
    await ctx.client.get(kind, request)

async def both(ctx, kind, request):
    await asyncio.gather(ctx.client.list(kind), ctx.client.list(kind))
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[ModuleType]:
    path = tmp_path / "fake_calls_plugin.py"
    path.write_text(PLUGIN)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[path.stem]
    fake_calls.take_message()


async def test_calls_of_the_source_and_of_the_test_are_allowed(plugin: ModuleType) -> None:
    ctx = fake_context([HELLO])
    await plugin.greeting(ctx, ctx.request)
    await ctx.client.create({**HELLO, "metadata": {"name": "other", "namespace": "default"}})
    await ctx.client.list("v1/Secret")
    assert fake_calls.take_message() == ""


async def test_a_call_that_no_rule_allows_is_denied_and_reported(plugin: ModuleType) -> None:
    ctx = fake_context([HELLO])
    with pytest.raises(ForbiddenError, match='cannot get resource "secrets"'):
        await plugin.read(ctx, "v1/Secret", ctx.request)
    message = fake_calls.take_message()
    assert f'{plugin.__file__}:10: get secrets "hello" in default is allowed by no rule' in message
    assert 'permission("secrets", "get")' in message
    assert fake_calls.take_message() == ""


async def test_a_call_in_a_task_of_its_own_is_the_plugin_s(plugin: ModuleType) -> None:
    ctx = fake_context([HELLO])
    with pytest.raises(ForbiddenError, match='cannot list resource "nodes"'):
        await plugin.both(ctx, "v1/Node", ctx.request)
    assert 'permission("nodes", "list")' in fake_calls.take_message()


async def test_the_check_can_be_switched_off(plugin: ModuleType) -> None:
    ctx = fake_context([HELLO], check_permissions=False)
    with pytest.raises(Exception, match="not found"):
        await plugin.read(ctx, "v1/Secret", ctx.request)
    await asyncio.gather(ctx.client.list("v1/Node"))
    assert fake_calls.take_message() == ""
