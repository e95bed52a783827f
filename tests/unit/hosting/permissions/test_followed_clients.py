"""A client is found in whatever binds, stores or passes it; where it is lost, the analysis says so."""

import pytest

from tests.unit.hosting.permissions.test_source_calls import analysed, body, rules

CALL = "await c.delete('v1/Pod', 'p', 'n')"
DATACLASS = """
from dataclasses import dataclass

@dataclass
class Base:
    c: object

@dataclass
class Tool(Base):
    n: str

"""


@pytest.mark.parametrize(
    "lines",
    [
        ("match ctx.client:", f"    case c: {CALL}"),
        ("match ctx:", f"    case object(client=c): {CALL}"),
        ("match {'api': ctx.client}:", f"    case {{'api': c}}: {CALL}"),
        ("match {'api': ctx.client}:", "    case {**rest}:", "        c = rest['api']", f"        {CALL}"),
        ("match (1, ctx.client):", f"    case (_, c): {CALL}"),
        ("match [1, ctx.client, 2]:", "    case [_, *rest]:", "        c = rest[0]", f"        {CALL}"),
        ("match ctx.client:", f"    case None | (object() as c): {CALL}"),
        ("match [[ctx.client]]:", f"    case [[c]]: {CALL}"),
        ("match Tool(ctx.client, 'a'):", f"    case Tool(c, _): {CALL}"),
        ("match Tool(ctx.client, 'a'):", f"    case Tool(c=c): {CALL}"),
        ("first, *rest = 1, ctx.client", "c = rest[0]", CALL),
        ("(_, (c, _)) = (1, (ctx.client, 2))", CALL),
        ("for c in [ctx.client][0:]:", f"    {CALL}"),
        ("c = Tool(ctx.client, 'a').c", CALL),
        ("c = Tool(n='a', c=ctx.client).c", CALL),
        ("import itertools", "for c in itertools.chain([1], [ctx.client]):", f"    {CALL}"),
    ],
)
def test_a_client_is_found_however_it_is_bound(lines: tuple[str, ...]) -> None:
    assert rules(DATACLASS + body(*lines)) == ["delete pods p"]


@pytest.mark.parametrize(
    "lines",
    [
        ("import lib", "lib.client = ctx.client"),
        ("import lib", "clients = lib.defaultdict(list)", "clients['a'] = ctx.client"),
        ("ctx.request.client = ctx.client",),
        ("obj = ctx.lister.get(request)", "obj['a'] = ctx"),
    ],
)
def test_a_client_that_is_stored_out_of_sight_is_reported(lines: tuple[str, ...]) -> None:
    (unclear,) = analysed(body(*lines)).unclear
    assert str(unclear).startswith(f"plugins/web.py:{1 + len(lines)}: other code gets ctx")


ABSTRACT = """
class Base:
    async def reconcile(self, ctx, request):
        await ctx.client.delete(self.kind, request)

class Pods(Base):
    kind = "v1/Pod"

class Nodes(Base):
    @property
    def kind(self):
        return "v1/Node"
"""
CHAIN = """
class Base:
    def __init__(self, client, kind):
        self.client, self.kind = client, kind

class Named(Base):
    def __init__(self, client, kind, name):
        super().__init__(client, kind)
        self.name = name

class Pods(Named):
    def __init__(self, client):
        super().__init__(client, "v1/Pod", "p")

    async def clean(self):
        await self.client.delete(self.kind, self.name, "n")
"""
MIXED = """
class Cleaning:
    async def clean(self, ctx): ...

class Deleting(Cleaning):
    async def clean(self, ctx):
        await super().clean(ctx)
        await ctx.client.delete(self.kind, "p", "n")

class Pods(Deleting):
    kind = "v1/Pod"
    async def clean(self, ctx):
        await super().clean(ctx)
"""


@pytest.mark.parametrize(
    ("classes", "lines", "expected"),
    [
        (ABSTRACT, (), ["delete nodes", "delete pods"]),
        (ABSTRACT, ("await Pods().reconcile(ctx, request)",), ["delete nodes", "delete pods"]),
        (CHAIN, ("await Pods(ctx.client).clean()",), ["delete pods p"]),
        (MIXED, ("await Pods().clean(ctx)",), ["delete pods p"]),
    ],
    ids=["abstract", "abstract and called", "chain of constructors", "chain of methods"],
)
def test_an_inherited_method_sees_the_class_of_its_object(
    classes: str, lines: tuple[str, ...], expected: list[str]
) -> None:
    assert rules(classes + body("pass", *lines)) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("await thing.delete('v1/Pod', 'p', 'n')", ["delete pods p"]),
        ("await thing.apply({'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'p'}})", ["create,patch pods p"]),
        ("thing.get('v1/Pod')", []),
        ("thing.get('a/b', 1)", []),
        ("thing.update({'a': 1})", []),
    ],
)
def test_an_object_that_may_be_a_client_is_one_if_it_is_called_with_a_kind(call: str, expected: list[str]) -> None:
    assert rules(f"async def helper(thing):\n    {call}\nHELPERS = [helper]\n") == expected


@pytest.mark.parametrize(
    "line", ["self.__dict__.update(options)", "vars(self).update(options)", "setattr(self, options['a'], options['b'])"]
)
def test_attributes_that_are_set_by_computed_names_make_a_kind_unclear(line: str) -> None:
    tool = f"class Tool:\n    kind = 'v1/Pod'\n    def __init__(self, options): {line}\n"
    found = analysed(tool + body("await ctx.client.delete(Tool({'a': request.name}).kind, request)"))
    assert "cannot tell the kind" in str(found.unclear)


def test_setattr_and_max_are_followed() -> None:
    lines = ("tool = Tool(1, 'a')", "setattr(tool, 'c', ctx.client)", "c = tool.c")
    assert rules(DATACLASS + body(*lines, CALL)) == ["delete pods p"]
    chosen = body("kind = max(['v1/Pod'], key=len)", "await ctx.client.delete(kind, 'p', 'n')")
    assert rules(chosen) == ["delete pods p"]
