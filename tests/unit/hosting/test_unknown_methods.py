"""The lint of methods that ``ctx.client`` does not have."""

from textwrap import dedent

import pytest

from plugin_operator import Client, Context, ControllerContext, MapContext
from plugin_operator.hosting.lints.mistakes.unawaited_coroutines import CLIENT_VERBS
from plugin_operator.hosting.lints.mistakes.unknown_methods import CONTEXT_ATTRIBUTES
from plugin_operator.hosting.lints.registry import lint

CODE = "async def reconcile(ctx, request):\n    client = ctx.client\n    await {call}\n"


def found(call: str) -> list[str]:
    return [each.message for rule, _, each in lint(CODE.format(call=call).encode(), {}, None) if rule == "PO105"]


@pytest.mark.parametrize("call", ["ctx.client.aply({})", "client.aply({})", "ctx.wait(ctx.client.aply)"])
def test_a_misspelled_method_is_found_with_the_one_that_was_meant(call: str) -> None:
    assert found(call) == ["ctx.client has no aply, so this raises AttributeError: did you mean apply?"]


def test_without_a_similar_method_all_are_named() -> None:
    (message,) = found("ctx.client.watch('v1/Pod')")
    assert message.endswith(f"it has {', '.join(CLIENT_VERBS)}")


@pytest.mark.parametrize("call", ["ctx.client.apply({})", "ctx.client._private()", "other.client.aply({})"])
def test_what_is_there_or_unknown_is_no_finding(call: str) -> None:
    assert found(call) == []


def test_the_methods_are_those_of_the_client() -> None:
    assert sorted(CLIENT_VERBS) == [name for name in dir(Client) if not name.startswith("_")]


@pytest.mark.parametrize(
    ("used", "meant"),
    [
        ("core_v1.ObjectMeta(name='a')", "the metadata of every kind is Metadata"),
        ("core_v1.Deployment()", "Deployment is in apps_v1"),
        ("v1.Secrte()", "did you mean core_v1.Secret?"),
        ("core_v1.Secret()", ""),
        ("core_v1.Metadata(name='a')", ""),
        ("elsewhere.ObjectMeta()", ""),
    ],
)
def test_a_class_that_a_module_of_kinds_does_not_have_is_found_with_its_home(used: str, meant: str) -> None:
    head = "import elsewhere\nfrom plugin_operator.kinds import core_v1\nv1 = core_v1\n"
    code = f"{head}async def reconcile(ctx, request):\n    {used}\n"
    messages = [each.message for rule, _, each in lint(code.encode(), {}, None) if rule == "PO105"]
    assert [meant in each for each in messages] == [True] * bool(meant)


HELPERS = {
    "a function whose parameter has another name": """
        async def fill(c, obj):
            await c.client.aply(obj)

        async def reconcile(ctx, request):
            await fill(ctx, {})
        """,
    "a parameter given by its name": """
        async def fill(obj, *, of=None):
            await of.client.aply(obj)

        async def reconcile(ctx, request):
            await fill({}, of=ctx)
        """,
    "a function that takes the client": """
        async def fill(api, obj):
            await api.aply(obj)

        async def reconcile(ctx, request):
            await fill(ctx.client, {})
        """,
    "a function behind a function": """
        async def one(a):
            await two(a)

        async def two(b):
            await b.client.aply({})
            await two(b)

        async def reconcile(ctx, request):
            await one(ctx)
        """,
    "a class that keeps the context": """
        class Filler:
            def __init__(self, context):
                self._of = context

            async def fill(self):
                await self._of.client.aply({})

        async def reconcile(ctx, request):
            await Filler(ctx).fill()
        """,
    "a class that keeps the client, and a class below it": """
        class Base:
            def __init__(self, api):
                self.api = api

        class Filler(Base):
            async def fill(self):
                await self.api.aply({})

        async def reconcile(ctx, request):
            filler = Filler(ctx.client)
            await filler.fill()
        """,
    "an attribute seen from outside": """
        class Filler:
            def __init__(self, context):
                self.of = context

        async def reconcile(ctx, request):
            filler = Filler(ctx)
            await filler.of.client.aply({})
        """,
    "a method of an object": """
        class Filler:
            async def fill(self, context):
                await context.client.aply({})

            @staticmethod
            async def again(context): ...

        async def reconcile(ctx, request):
            filler = Filler()
            await filler.fill(ctx)
        """,
    "a static method": """
        class Filler:
            @staticmethod
            async def fill(context):
                await context.client.aply({})

            async def start(self, ctx):
                await self.fill(ctx)
        """,
    "a dataclass": """
        @dataclass
        class Filler:
            of: Context

            async def fill(self):
                await self.of.client.aply({})
        """,
    "a lambda": """
        async def reconcile(ctx, request):
            fill = lambda c: c.client.aply({})
            await fill(ctx)
        """,
    "a lambda that is called at once": """
        async def reconcile(ctx, request):
            await (lambda c: c.client.aply({}))(ctx)
        """,
}
UNKNOWN = {
    "a function that is called with something else too": """
        async def fill(c):
            await c.client.aply({})

        async def reconcile(ctx, request):
            await fill(ctx)
            await fill(other)
        """,
    "a function that is handed on": """
        async def fill(c):
            await c.client.aply({})

        async def reconcile(ctx, request):
            await fill(ctx)
            hooks.append(fill)
        """,
    "a method that is handed on": """
        class Filler:
            async def fill(self, c):
                await c.client.aply({})

        async def reconcile(ctx, request):
            filler = Filler()
            await filler.fill(ctx)
            hooks.append(filler.fill)
        """,
    "unknown arguments": """
        async def fill(c):
            await c.client.aply({})

        async def reconcile(ctx, request):
            await fill(*both)
        """,
    "two functions that call each other with different things": """
        async def one(a):
            await two(a)
            await a.client.aply({})

        async def two(b):
            await one(b)

        async def reconcile(ctx, request):
            await one(ctx)
            await two(other)
        """,
    "a function that nothing calls": """
        async def fill(c):
            await c.client.aply({})
        """,
    "a class from elsewhere": """
        from helpers import Filler

        async def reconcile(ctx, request):
            Filler(ctx).client.aply({})
        """,
    "an attribute that is set from outside": """
        class Filler:
            def __init__(self, context):
                self.of = context

        async def reconcile(ctx, request):
            filler = Filler(ctx)
            filler.of = other
            await filler.of.client.aply({})
        """,
}


def found_in(code: str) -> list[str]:
    text = "from dataclasses import dataclass\nfrom plugin_operator import Context\n" + dedent(code)
    return [each.message for rule, _, each in lint(text.encode(), {}, None) if rule == "PO105"]


@pytest.mark.parametrize("code", HELPERS.values(), ids=HELPERS)
def test_a_helper_that_is_given_the_context_is_seen(code: str) -> None:
    assert found_in(code) == ["ctx.client has no aply, so this raises AttributeError: did you mean apply?"]


@pytest.mark.parametrize("code", UNKNOWN.values(), ids=UNKNOWN)
def test_what_may_be_something_else_is_no_finding(code: str) -> None:
    assert found_in(code) == []


def test_a_misspelled_attribute_of_the_context_is_found_and_one_of_another_ctx_is_not() -> None:
    code = "async def reconcile(ctx, request):\n    await ctx.ensure_finaliser({{}})\n    ctx.{other} = ctx.{other}\n"
    assert found_in(code.format(other="check_hostname").replace("{{}}", "{}")) == [
        "ctx has no ensure_finaliser, so this raises AttributeError: did you mean ensure_finalizer?"
    ]


def test_no_attribute_of_a_context_is_found_and_each_known_one_exists() -> None:
    names = {name for each in (Context, ControllerContext, MapContext) for name in dir(each)}
    names = {name for name in names if not name.startswith("_")}
    assert names >= set(CONTEXT_ATTRIBUTES)
    uses = "".join(f"    ctx.{name}\n" for name in sorted(names))
    assert found_in(f"async def reconcile(ctx, request):\n{uses}") == []
