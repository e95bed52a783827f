"""An object that was read and is written as another kind: both kinds count, for all objects of its kind."""

import pytest

from tests.unit.hosting.permissions.test_source_calls import analysed, body, rules

READ = "obj = ctx.lister.get(request)"


@pytest.mark.parametrize(
    "lines",
    [
        (READ, "obj['kind'] = 'Secret'"),
        ("import copy", "obj = copy.deepcopy(ctx.lister.get(request))", "obj['kind'] = 'Secret'"),
        (READ, "obj.update(kind='Secret')"),
        (READ, "obj.update({'kind': 'Secret', 'type': 'Opaque'})"),
        (READ, "field = 'kind'", "obj[field] = 'Secret'"),
        ("obj = await ctx.client.get('v1/ConfigMap', 'a', 'b')", "obj['kind'] = 'Secret'"),
    ],
    ids=["key", "copy", "keyword", "dict", "variable", "read"],
)
def test_a_kind_that_is_written_into_an_object_is_granted(lines: tuple[str, ...]) -> None:
    assert "create secrets" in rules(body(*lines, "await ctx.client.create(obj)"))


def test_an_api_version_that_is_written_into_an_object_is_granted() -> None:
    lines = (READ, "obj['apiVersion'], obj['kind'] = 'apps/v1', 'Deployment'", "await ctx.client.create(obj)")
    assert rules(body(*lines)) == ["create configmaps", "create deployments.apps"]


def test_a_kind_from_elsewhere_in_an_object_is_unclear() -> None:
    (unclear,) = analysed(body(READ, "obj['kind'] = obj['data']['kind']", "await ctx.client.create(obj)")).unclear
    assert "cannot tell the kind of this call (ctx.client.create)" in unclear.what


@pytest.mark.parametrize(
    "line",
    ["obj['data'] = {'kind': 'Secret'}", "obj.update(data={'kind': 'Secret'})", "obj.setdefault('kind', 'Secret')"],
)
def test_another_field_changes_no_kind(line: str) -> None:
    assert rules(body(READ, line, "await ctx.client.update(obj)")) == ["update configmaps"]
