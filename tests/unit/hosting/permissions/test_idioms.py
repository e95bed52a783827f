"""Idioms of real plugins: decorators, proxies, registries, defaults and dicts that are built in code."""

import pytest

from plugin_operator.hosting.permissions.needs import explained
from tests.unit.hosting.permissions.test_source_calls import analysed, body, rules, shown

OWN_DECORATOR = """
import functools
def with_client(f):
    @functools.wraps(f)
    async def inner(ctx, request):
        return await f(ctx.client, request)
    return inner
@with_client
async def clean(client, request):
    await client.delete("v1/Pod", request.name, request.namespace)
"""
REGISTRY = """
HANDLERS = {}
def handles(kind):
    def register(f):
        HANDLERS[kind] = f
        return f
    return register
@handles("v1/Pod")
async def pods(client, kind, request):
    await client.delete(kind, request)
"""
REGISTERED_CLASS = """
STEPS = []
def step(cls):
    STEPS.append(cls)
    return cls
@step
class Pods:
    async def run(self, client, request): await client.delete("v1/Pod", request)
"""
PROXY = """
class Proxy:
    def __init__(self, client): self._client = client
    def __getattr__(self, name): return getattr(self._client, name)
"""
DISPATCH = """
from functools import singledispatch
@singledispatch
def kind_of(thing): return "v1/Pod"
@kind_of.register
def _(thing: int): return "v1/Pod"
"""
CONFIG = """
import dataclasses
@dataclasses.dataclass
class Config:
    kinds: dict = dataclasses.field(default_factory=dict)
    kind: str = dataclasses.field(default="v1/Pod")
OTHER = dataclasses.replace(Config(), kind="v1/Pod")
"""
STRUCT = """
import msgspec
class Config(msgspec.Struct):
    kind: str = "v1/Pod"
OTHER = msgspec.structs.replace(Config(), kind="v1/Pod")
"""


@pytest.mark.parametrize(
    ("helpers", "lines"),
    [
        (OWN_DECORATOR, ("await clean(ctx, request)",)),
        (REGISTRY, ("for kind, handler in HANDLERS.items(): await handler(ctx.client, kind, request)",)),
        (REGISTERED_CLASS, ("for each in STEPS: await each().run(ctx.client, request)",)),
        (PROXY, ("await Proxy(ctx.client).delete('v1/Pod', request)",)),
        (DISPATCH, ("await ctx.client.delete(kind_of(1), request)",)),
        (STRUCT, ("await ctx.client.delete(OTHER.kind, request)",)),
        ("import copy" + STRUCT.replace("msgspec.structs", "copy"), ("await ctx.client.delete(OTHER.kind, request)",)),
        (CONFIG, ("await ctx.client.delete(OTHER.kind, request)",)),
        ("", ("for kind in dict.fromkeys(['v1/Pod'], True): await ctx.client.delete(kind, request)",)),
        ("", ("for kind in dict(zip(['v1/Pod'], [1])): await ctx.client.delete(kind, request)",)),
        ("", ("for kind in {k: 1 for k in ['v1/Pod']}: await ctx.client.delete(kind, request)",)),
        ("", ("kinds = dict()", "kinds['v1/Pod'] = 1", "for kind in kinds: await ctx.client.delete(kind, request)")),
        ("from collections import defaultdict\n",
         ("kinds = defaultdict(list)",
          "kinds['a'].append('v1/Pod')", "for k in kinds['a']: await ctx.client.delete(k, request)")),
        ("", ("kinds = set()", "kinds.update(['v1/Pod'], ())",
              "for kind in kinds.union([]): await ctx.client.delete(kind, request)")),
    ],
)  # fmt: skip
def test_the_calls_behind_an_idiom_are_found(helpers: str, lines: tuple[str, ...]) -> None:
    assert rules(helpers + body("pass", *lines)) == ["delete pods"]


def test_a_variant_that_single_dispatch_chooses_counts() -> None:
    source = DISPATCH.replace('int): return "v1/Pod"', 'int): return "v1/Node"')
    assert rules(source + body("await ctx.client.delete(kind_of(1), request)")) == ["delete nodes", "delete pods"]


def test_a_default_that_no_call_leaves_in_place_is_granted_nothing() -> None:
    source = "async def remove(client, request, kind='v1/Secret'): await client.delete(kind, request)\n"
    assert rules(source + body("await remove(ctx.client, request, 'v1/Pod')")) == ["delete pods"]
    assert rules(source + body("await remove(ctx.client, request, kind='v1/Pod')")) == ["delete pods"]
    both = body("await remove(ctx.client, request)", "await remove(ctx.client, request, 'v1/Pod')")
    assert rules(source + both) == ["delete pods", "delete secrets"]
    passed = body("arguments = request.words", "await remove(ctx.client, *arguments)")
    assert "delete secrets" in [shown(each.rule) for each in explained(analysed(source + passed).needs)]
