"""Names and namespaces of typed objects narrow a rule as those of dicts do."""

import pytest

from tests.unit.hosting.permissions.test_source_calls import analysed, body

HEAD = """
from plugin_operator import Metadata
from plugin_operator.kinds import core_v1
from kubernetes_asyncio.client import V1ObjectMeta, V1Secret
"""
MADE = "secret = core_v1.Secret(metadata=Metadata(name='s', namespace='a'), data={})"
APPLY = "await ctx.client.apply(secret)"


def place(*lines: str) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Return the names and namespaces of the only need of a plugin."""
    found = analysed(HEAD + body(*lines))
    assert found.unclear == ()
    (need,) = found.needs
    return need.rule.resource_names, need.namespaces


@pytest.mark.parametrize("call", [APPLY, "await ctx.client.update(secret)", "await ctx.client.delete(secret)"])
def test_a_constant_name_and_namespace_narrow_the_rule(call: str) -> None:
    assert place(MADE, call) == (("s",), ("a",))


@pytest.mark.parametrize(
    ("lines", "names", "namespaces"),
    [
        (("secret = V1Secret(metadata=V1ObjectMeta(name='s', namespace='a'))", APPLY), ("s",), ("a",)),
        (("def made(ns): return core_v1.Secret(metadata=Metadata(name='s', namespace=ns))",
          "await ctx.client.apply(made('a'))", ), ("s",), ("a",)),
        (("for ns in ('a', 'b'):", "    secret = core_v1.Secret(metadata=Metadata(name='s', namespace=ns))",
          f"    {APPLY}"), ("s",), ("a", "b")),
        ((MADE, "secret.metadata.namespace = 'b'", APPLY), ("s",), ("a", "b")),
        ((MADE, "secret.metadata = Metadata(name='t', namespace='b')", APPLY), ("s", "t"), ("a", "b")),
        (("meta = Metadata(name='s', namespace='a')", "secret = core_v1.Secret(metadata=meta)",
          "setattr(meta, 'namespace', 'b')", APPLY), ("s",), ("a", "b")),
    ],
)  # fmt: skip
def test_every_place_that_the_source_shows_counts(
    lines: tuple[str, ...], names: tuple[str, ...], namespaces: tuple[str, ...]
) -> None:
    assert place(*lines) == (names, namespaces)


@pytest.mark.parametrize(
    "lines",
    [
        ("secret = core_v1.Secret(metadata=Metadata(name=request.name, namespace=request.namespace))",),
        ("secret = core_v1.Secret(metadata=Metadata(**request.name))",),
        ("secret = core_v1.Secret(**request.name)",),
        ("secret = core_v1.Secret()",),
        ("old = await ctx.lister.get(request)", "secret = core_v1.Secret(metadata=old.metadata)"),
        (MADE, "secret.metadata.namespace = request.namespace", "secret.metadata.name = request.name"),
        (MADE, "secret.metadata = request.metadata"),
        (MADE, "setattr(secret.metadata, request.name, 'b')"),
        (MADE, "vars(secret)['metadata'] = request"),
    ],
)
def test_a_place_that_the_source_does_not_show_narrows_nothing(lines: tuple[str, ...]) -> None:
    found = analysed(HEAD + body(*lines, APPLY))
    assert found.unclear == ()
    assert ((), None) in [(each.rule.resource_names, each.namespaces) for each in found.needs]


@pytest.mark.parametrize(
    ("made", "is_reported"),
    [
        ("core_v1.Secret(metadata=Metadata(name='s'))", True),
        ("core_v1.Secret(metadata=Metadata(name=request.name, labels={}))", True),
        ("core_v1.Node(metadata=Metadata(name='s'))", False),
        ("core_v1.Secret(metadata=Metadata(name='s', **request.name))", False),
        ("core_v1.Secret(metadata=other(name='s'))", False),
        ("other(metadata=Metadata(name='s'))", False),
    ],
)
def test_a_typed_object_without_a_namespace_is_a_mistake_where_its_kind_has_one(made: str, is_reported: bool) -> None:
    unclear = analysed(HEAD + body(f"await ctx.client.create({made})")).unclear
    reason = "ctx.client.create fails: a Secret has a namespace: pass one, such as request.namespace"
    assert [each.what for each in unclear if each.is_mistake] == [reason] * is_reported
