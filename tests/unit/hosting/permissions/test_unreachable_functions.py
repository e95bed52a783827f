"""Functions that nothing calls are granted nothing; one that anything may call keeps its rules."""

from textwrap import dedent

import pytest

from plugin_operator.hosting.permissions.needs import explained
from plugin_operator.hosting.permissions.source.facts.reachability import HOOKS
from tests.unit.hosting.permissions.test_source_calls import analysed, body, rules, shown

UNUSED = """
async def unused(ctx, request):
    await ctx.client.delete("v1/Pod", request)
"""
TOOL = """
class Tool:
    async def unused(self, ctx, request):
        await ctx.client.delete("v1/Pod", request)
"""
IN_TOOL = """
class Tool(BASE):
    async def unused(self, ctx, request):
        await ctx.client.delete("v1/Pod", request)
"""


@pytest.mark.parametrize(
    ("definitions", "lines"),
    [
        (UNUSED, ()),
        (TOOL, ()),
        (TOOL, ("tool = Tool()",)),
        (UNUSED + "async def chain(ctx, request): await unused(ctx, request)\n", ()),
        ("def outer():\n    async def inner(ctx, r): await ctx.client.delete('v1/Pod', r)\n    return inner\n", ()),
        ("from abc import ABC\n" + IN_TOOL.replace("BASE", "ABC"), ("Tool()",)),
        ("from dataclasses import dataclass\n@dataclass" + TOOL, ("Tool()",)),
        ("class Base: pass\n" + IN_TOOL.replace("BASE", "Base"), ("Tool()",)),
    ],
)
def test_a_function_that_nothing_names_is_granted_nothing(definitions: str, lines: tuple[str, ...]) -> None:
    assert rules(definitions + body("pass", *lines)) == []


def test_helpers_that_a_plugin_imports_and_does_not_use_are_granted_nothing() -> None:
    for statement in ("import helper", "from helper import unused", "from helper import *"):
        assert rules(f"{statement}\n" + body("pass"), {"helper": UNUSED}) == []
        assert rules(f"{statement}\n" + body("await unused(ctx, request)"), {"helper": UNUSED}) != []


@pytest.mark.parametrize(
    ("definitions", "lines"),
    [
        (UNUSED, ("HANDLERS.append(unused)",)),
        (UNUSED + "HANDLERS = {'a': unused}\n", ()),
        ("@on('a')" + UNUSED, ()),
        ("import lib\n" + UNUSED, ("lib.run(unused)",)),
        (TOOL, ("x = [Tool().unused]",)),
        (TOOL, ("f = request.unused",)),
        (TOOL, ("await getattr(Tool(), 'unused')(ctx, request)",)),
        (TOOL, ("await getattr(Tool(), request.name)(ctx, request)",)),
        (
            TOOL,
            (
                "import lib",
                "lib.run(Tool())",
            ),
        ),
        (
            TOOL,
            (
                "import lib",
                "lib.tool = Tool()",
            ),
        ),
        (
            TOOL,
            (
                "import lib",
                "lib.run([Tool()])",
            ),
        ),
        ("@lib.register" + TOOL, ()),
        ("import lib\n" + IN_TOOL.replace("BASE", "lib.Base"), ("Tool()",)),
        ("from lib import Base\n" + IN_TOOL.replace("BASE", "Base"), ("Tool()",)),
        ("from lib import Base\nclass Middle(Base): pass\n" + IN_TOOL.replace("BASE", "Middle"), ("Tool()",)),
        (IN_TOOL.replace("BASE", "metaclass=Meta"), ()),
        (UNUSED, ("globals()[request.name](ctx, request)",)),
        (UNUSED, ("match request:", "    case object(unused=x): pass")),
        ("def make():" + UNUSED.replace("\n", "\n    ") + "\n    return unused\n", ("f = make()",)),
        (TOOL.replace("async def unused(self", "async def __call__(self"), ("await Tool()(ctx, request)",)),
    ],
)
def test_a_function_that_anything_may_call_keeps_its_rules(definitions: str, lines: tuple[str, ...]) -> None:
    found = analysed(definitions + body("pass", *lines))
    assert "delete pods" in [shown(each.rule) for each in explained(found.needs)]


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_a_hook_that_the_operator_calls_is_reachable(name: str) -> None:
    source = f"""
    class Main:
        async def {name}(self, ctx, request):
            await ctx.client.delete("v1/Pod", request)
    """
    assert rules(dedent(source)) == ["delete pods"]
