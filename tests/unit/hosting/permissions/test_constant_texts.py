"""Kinds, names and namespaces that constant expressions make."""

import pytest

from tests.unit.hosting.permissions.test_source_calls import analysed, body, rules

DELETE = "await ctx.client.delete(kind, request)"
ENUM = "from enum import Enum, StrEnum\nclass Kind({}):\n    POD = 'v1/Pod'\n"


@pytest.mark.parametrize(
    "expression",
    [
        "'/'.join(['v1', 'Pod'])",
        "'/'.join(('v1', 'Pod'))",
        "'{}/{}'.format('v1', 'Pod')",
        "'{1}/{0}'.format('Pod', 'v1')",
        "'{version}/{kind}'.format(version='v1', kind='Pod')",
        "'%s/%s' % ('v1', 'Pod')",
        "'v1/%s' % 'Pod'",
        "'%(version)s/%(kind)s' % {'version': 'v1', 'kind': 'Pod'}",
        'f\'{"v1"}/{"Pod"!s}\'',
        "str('v1/Pod')",
        "'v1/pod'.replace('pod', 'Pod')",
        "'v1/' + 'pod'.capitalize()",
        "' v1/Pod '.strip()",
        "'/'.join('v1,Pod'.split(','))",
        "'a:v1/Pod'.partition(':')[2]",
        "'a:v1/Pod'.split(':')[-1]",
        "['v1/Node', 'v1/Pod'][1]",
        "[*['v1/Node'], 'v1/Pod'][:2][1] if False else 'v1/Pod'",
    ],
)
def test_a_constant_expression_is_its_text(expression: str) -> None:
    assert {each for each in rules(body(f"kind = {expression}", DELETE)) if "nodes" not in each} == {"delete pods"}


@pytest.mark.parametrize(
    ("bases", "kind"),
    [
        ("Enum", "Kind.POD.value"),
        ("StrEnum", "Kind.POD"),
        ("str, Enum", "Kind.POD"),
        ("StrEnum", "str(Kind.POD)"),
        ("Enum", "Kind['POD'].value"),
        ("StrEnum", "Kind('v1/Pod')"),
        ("StrEnum", "next(iter(Kind))"),
        ("Enum", "[each.value for each in Kind][0]"),
        ("Enum", "[each.value for each in list(Kind)][0]"),
    ],
)
def test_a_member_of_an_enumeration_is_its_text(bases: str, kind: str) -> None:
    assert rules(ENUM.format(bases) + body(f"kind = {kind}", DELETE)) == ["delete pods"]


def test_a_method_of_a_member_sees_its_text() -> None:
    source = ENUM.format("Enum") + "    async def remove(self, ctx, request):\n        kind = self.value\n        "
    assert rules(source + DELETE + "\n" + body("await Kind.POD.remove(ctx, request)")) == ["delete pods"]


@pytest.mark.parametrize(
    ("constants", "kind"),
    [
        ("GROUP = 'example.com'\nKIND = f'{GROUP}/v1/Website'", "zoo.KIND"),
        ("GROUP = 'example.com'", "f'{zoo.GROUP}/v1/Website'"),
        ("class Api:\n    GROUP = 'example.com'", "f'{zoo.Api.GROUP}/v1/Website'"),
        ("GROUP = 'example.com'", "'/'.join((zoo.GROUP, 'v1', 'Website'))"),
        ("from plugin_operator import GroupVersionKind as G\nKIND = G('example.com', 'v1', 'Website')", "zoo.KIND"),
        ("from plugin_operator import GroupVersionKind as G\nKIND = G('example.com', 'v1', 'Website')",
         "{'apiVersion': zoo.KIND.api_version, 'kind': zoo.KIND.kind}"),
        ("from plugin_operator import GroupVersionKind as G\nKIND = G('example.com', 'v1', 'Website')",
         "f'{zoo.KIND}'"),
        ("KIND = 'example.com/v1/Website'",
         "{'apiVersion': zoo.KIND.rpartition('/')[0], 'kind': zoo.KIND.rpartition('/')[2]}"),
    ],
)  # fmt: skip
def test_constants_of_a_helper_that_comes_later_are_known(constants: str, kind: str) -> None:
    source = "import zoo\n" + body(f"kind = {kind}", "await ctx.client.apply(kind)")
    assert rules(source, {"zoo": constants}) == ["create,patch websites.example.com"]
    inner = source.replace("import zoo", "from web_tools import zoo")
    assert rules(inner, {"web_tools/__init__": "", "web_tools/zoo": constants}) == ["create,patch websites.example.com"]


@pytest.mark.parametrize(
    "lines",
    [
        ("kind = f'{request.name:>3}/Pod'",),
        ("kind = f'{\"v1/Pod\"!r}'",),
        ("kind = '%5s/Pod' % 'v1'",),
        ("kind = '{:>5}/Pod'.format('v1')",),
        ("kind = '/'.join(sorted(['v1', 'Pod']))",),
        ("kind = '/'.join({'v1', 'Pod'})",),
        ("kind = 'v1/Pod' * 1",),
        ("parts = ['v1']", "parts.append('Pod')", "kind = '/'.join(parts)"),
        ("parts = ['Pod']", "parts.insert(0, 'v1')", "kind = '/'.join(parts)"),
        ("parts = ['Pod', 'x']", "parts[0] = 'v1'", "kind = '/'.join(parts)"),
        ("parts = ['v1', 'x', 'Pod']", "del parts[1]", "kind = '/'.join(parts)"),
        ("parts = ['v1']", "parts += ['Pod']", "kind = '/'.join(parts)"),
        ("parts = ['Pod', 'v1']", "parts.reverse()", "kind = '/'.join(parts)"),
    ],
)
def test_a_text_that_may_be_another_is_reported(lines: tuple[str, ...]) -> None:
    assert "cannot tell the kind" in str(analysed(body(*lines, DELETE)).unclear)


def test_combinations_that_cannot_exist_are_no_mistakes() -> None:
    source = "def kind_of(*parts): return '/'.join(parts)\ndef of(group, kind): return f'{group}/v1/{kind}'\n"
    calls = [f"await ctx.client.get(of({each}), request)" for each in ("'apps', 'Deployment'", "'batch', 'Job'")]
    assert rules(source + body(*calls)) == ["get deployments.apps", "get jobs.batch"]


def test_texts_that_double_are_unknown_and_take_no_memory() -> None:
    lines = ["kind = 'v1/Pod'", *(["kind = kind + kind"] * 64), DELETE]
    assert "cannot tell the kind" in str(analysed(body(*lines)).unclear)


def test_the_first_of_several_targets_gets_the_first_element() -> None:
    source = body("first, *rest = ['v1/Pod', 'v1/Node', 'v1/Secret']", "await ctx.client.delete(first, request)",
                  "for kind in rest: await ctx.client.get(kind, request)")  # fmt: skip
    assert rules(source) == ["get nodes", "delete pods", "get secrets"]
