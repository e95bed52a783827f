"""A client that reflection reaches is followed, or the analysis says that it cannot read the call."""

import pytest

from tests.unit.hosting.permissions.test_source_calls import analysed, body, rules

DELETE = "('v1/Secret', request)"


@pytest.mark.parametrize(
    "lines",
    [
        (f"await locals()['ctx'].client.delete{DELETE}",),
        ("names = locals()", f"await names.get('ctx').client.delete{DELETE}"),
        ("found = [each for each in locals().values()]", f"await found[0].client.delete{DELETE}"),
        (f"await vars()['ctx'].client.delete{DELETE}",),
        (f"await vars(ctx)['client'].delete{DELETE}",),
        (f"await ctx.__dict__['client'].delete{DELETE}",),
        (f"await ctx.__getattribute__('client').delete{DELETE}",),
        (f"await getattr(ctx, 'cli' + 'ent').delete{DELETE}",),
        (f"await getattr(ctx, request.name).delete{DELETE}",),
        (f"await getattr(ctx, input()).delete{DELETE}",),
        ("import sys", f"await sys._getframe().f_locals['ctx'].client.delete{DELETE}"),
        ("import inspect", f"await inspect.currentframe().f_locals['ctx'].client.delete{DELETE}"),
        ("import gc", f"await [each for each in gc.get_objects()][0].client.delete{DELETE}"),
    ],
)
def test_a_client_that_reflection_reaches_is_followed(lines: tuple[str, ...]) -> None:
    assert rules(body(*lines)) == ["delete secrets"]


@pytest.mark.parametrize(
    "lines",
    [
        (f"await ctx.client.__getattribute__('delete'){DELETE}",),
        (f"await object.__getattribute__(ctx.client, 'delete'){DELETE}",),
        (f"await ctx.client.__dict__['delete']{DELETE}",),
        ("await ctx.client.__class__.delete(ctx.client, 'v1/Secret', request)",),
        (f"await ctx.client.delete.__call__{DELETE}",),
        (f"await ctx.client.delete.__func__(ctx.client, {DELETE[1:]}",),
        ("client = ctx.client", f"await client.__getattribute__('delete'){DELETE}"),
        (f"await super(type(ctx.client), ctx.client).delete{DELETE}",),
        (f"await getattr(ctx.client, input()){DELETE}",),
        (f"await getattr(ctx, input()){DELETE}",),
        ("import operator", f"await operator.attrgetter('client.delete')(ctx){DELETE}"),
        ("eval('1')",),
        ("exec('1')",),
        ("compile('1', 'x', 'exec')",),
        ("import builtins", "builtins.exec('1')"),
        ("import builtins", "getattr(builtins, 'ex' + 'ec')('1')"),
        ("__builtins__['exec']('1')",),
        ("__builtins__[request.name]('1')",),
        ("__builtins__.exec('1')",),
        ("import builtins", "vars(builtins)['exec']('1')"),
        ("import builtins", "vars(builtins).get('ex' + 'ec')('1')"),
        ("import builtins", "names = vars(builtins)", "names[request.name]('1')"),
        ("import builtins", "builtins.__dict__['exec']('1')"),
        ("__builtins__.get('exec')('1')",),
        ("vars(__builtins__).pop('exec')('1')",),
        ("import sys", "sys.modules['builtins'].exec('1')"),
        ("import sys", "sys.modules.get('builtins').exec('1')"),
        ("import runpy", "vars(runpy)['run_path']('x')"),
        ("import runpy", "runpy.run_path('x')"),
    ],
)
def test_a_call_that_reflection_hides_is_reported(lines: tuple[str, ...]) -> None:
    unclear = analysed(body(*lines)).unclear
    assert [str(each) for each in unclear if f"plugins/web.py:{1 + len(lines)}: " in str(each)]


def test_reflection_without_a_client_needs_nothing() -> None:
    assert (
        rules(
            body(
                "import inspect, re, sys",
                "name = inspect.currentframe().f_code.co_name",
                "text = '{name}'.format(**locals())",
                "print(text.__class__.__name__, type(ctx).__name__, re.compile('x'), sys._getframe().f_lineno)",
            )
        )
        == []
    )


def test_a_super_class_of_the_plugin_is_called_as_before() -> None:
    source = (
        "class Base:\n    def __init__(self, client):\n        self.c = client\n"
        "class Tool(Base):\n    def __init__(self, client):\n        super(Tool, self).__init__(client)\n"
    )
    assert rules(source + body(f"await Tool(ctx.client).c.delete{DELETE}")) == ["delete secrets"]
