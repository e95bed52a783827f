"""A variable that holds one kind after the other: only what it holds at a call is granted."""

import pytest

from tests.unit.hosting.permissions.test_source_calls import body, rules

SECRET, POD = "await ctx.client.get('v1/Secret', 'a', 'b')", "await ctx.client.get('v1/Pod', 'a', 'b')"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            (f"item = {SECRET}", "ctx.log.info(item)", f"item = {POD}", "await ctx.client.delete(item)"),
            ["delete pods", "get pods a", "get secrets a"],
        ),
        (
            ("for kind in ('v1/Pod',): await ctx.client.delete(kind, request)",
             "for kind in ('v1/Node',): await ctx.client.get(kind, 'x')"),
            ["get nodes x", "delete pods"],
        ),
        (
            ("for o in await ctx.client.list('v1/Secret', 'n'): ctx.log.info(o)",
             "for o in await ctx.client.list('v1/Pod', 'n'):",
             "    if o: await ctx.client.delete(o)"),
            ["list,delete pods", "list secrets"],
        ),
        (
            ("for o, kind in ((1, 'v1/Pod'),): await ctx.client.delete(kind, request)",
             "o, kind = 2, 'v1/Node'", "await ctx.client.get(kind, 'x')"),
            ["get nodes x", "delete pods"],
        ),
        (("kind = 'v1/Pod'", "kind = 'v1/Node' if kind else 'v1/Node'", "await ctx.client.get(kind, 'x')"),
         ["get nodes x"]),
    ],
    ids=["assigned", "loops", "lists", "tuples", "read before"],
)  # fmt: skip
def test_an_earlier_value_is_granted_nothing_of_a_later_one(lines: tuple[str, ...], expected: list[str]) -> None:
    assert [each for each in rules(body(*lines)) if "events" not in each] == expected


@pytest.mark.parametrize(
    "lines",
    [
        ("kind = 'v1/Pod'", "if request.name: kind = 'v1/Node'", "await ctx.client.delete(kind, request)"),
        ("kind = 'v1/Node'", "while request.name:", "    await ctx.client.delete(kind, request)",
         "    kind = 'v1/Pod'"),
        ("kind = 'v1/Node'", "async def later(): await ctx.client.delete(kind, request)", "kind = 'v1/Pod'",
         "await later()"),
        ("kind = 'v1/Node'", "later = lambda: ctx.client.delete(kind, request)", "kind = 'v1/Pod'", "await later()"),
        ("kind = 'v1/Node'", "calls = (ctx.client.delete(kind, n) for n in 'ab')", "kind = 'v1/Pod'",
         "for each in calls: await each"),
        ("kind = 'v1/Node'", "try: kind = 'v1/Pod'", "except ValueError: pass",
         "await ctx.client.delete(kind, request)"),
        ("for kind in ('v1/Node', 'v1/Pod'): pass", "await ctx.client.delete(kind, request)"),
        ("kind = 'v1/Node'", "(kind := 'v1/Pod') if request.name else 0", "await ctx.client.delete(kind, request)"),
        ("kind = 'v1/Node'", "def change():", "    nonlocal kind", "    kind = 'v1/Pod'", "change()",
         "await ctx.client.delete(kind, request)"),
    ],
    ids=["if", "while", "function", "lambda", "generator", "try", "after a loop", "walrus", "nonlocal"],
)  # fmt: skip
def test_each_value_that_a_call_may_see_is_granted(lines: tuple[str, ...]) -> None:
    assert {each for each in rules(body(*lines)) if "delete" in each} == {"delete nodes", "delete pods"}
