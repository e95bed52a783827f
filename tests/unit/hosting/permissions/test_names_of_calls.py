"""Names and namespaces of calls: what narrows a rule, and what cannot exist."""

import pytest

from plugin_operator.hosting.permissions.needs import Need, explained
from tests.unit.hosting.permissions.test_source_calls import analysed, body, shown


def only_need(*lines: str) -> Need:
    found = analysed("from plugin_operator import Request\n" + body(*lines))
    assert found.unclear == ()
    (need,) = found.needs
    return need


def mistake_of(call: str) -> str:
    (unclear,) = analysed(body(f"await {call}")).unclear
    assert unclear.is_mistake
    return unclear.what


@pytest.mark.parametrize(
    ("lines", "namespaces", "is_of_all"),
    [
        (("await ctx.client.list('v1/Pod', None)",), None, True),
        (("await ctx.client.list('v1/Pod', namespace=None)",), None, True),
        (("ns = 'a' if request.name else None", "await ctx.client.list('v1/Pod', ns)"), None, True),
        (("def pods(ns=None): return ctx.client.list('v1/Pod', ns)", "pods('a')", "pods()"), None, True),
        (("def pods(ns=None): return ctx.client.list('v1/Pod', ns or 'b')", "pods('a')"), ("a", "b"), False),
        (("await ctx.client.list('v1/Pod', 'a')",), ("a",), False),
        (("await ctx.client.get('v1/Pod', request, None)",), None, False),
        (("await ctx.client.get('v1/Pod', Request('a', 'p'))",), ("a",), False),
        (("await ctx.client.get('v1/Pod', Request(name='p', namespace='a'))",), ("a",), False),
        (("await ctx.client.get('v1/Pod', Request.parse('a/p'))",), ("a",), False),
        (("key = Request('a', 'p')", "await ctx.client.get('v1/Pod', key.name, key.namespace)"), ("a",), False),
        (("await ctx.client.evict(Request('a', 'p'))",), ("a",), False),
    ],
)
def test_a_call_needs_its_rule_in_each_namespace_that_it_may_name(
    lines: tuple[str, ...], namespaces: tuple[str, ...] | None, is_of_all: bool
) -> None:
    need = only_need(*lines)
    assert (need.namespaces, need.is_of_all) == (namespaces, is_of_all)
    assert need.rule.resource_names == (("p",) if "'p'" in str(lines) or "/p'" in str(lines) else ())


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("get('v1/Secret', 'My_Secret', 'a')", "no Secret is named 'My_Secret': use lower-case letters"),
        ("get('v1/Secret', 'ca', 'Team_A')", "no namespace is named 'Team_A': use lower-case letters"),
        (f"get('v1/Secret', {'a' * 254!r}, 'a')", "at most 253"),
        (f"list('v1/Secret', {'a' * 64!r})", "at most 63"),
        ("evict('Pod', 'a')", "no Pod is named 'Pod'"),
        ("apply({'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'A', 'namespace': 'a'}})", "named 'A'"),
        ("create({'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'a', 'namespace': 'a.b'}})", "named 'a.b'"),
        ("delete('example.com/v1/Website', 'a b', 'a')", "no Website is named 'a b'"),
        ("get('rbac.authorization.k8s.io/v1/Role', 'a/b', 'a')", "no Role is named 'a/b'"),
    ],
)
def test_a_name_that_cannot_exist_gets_no_rule_and_is_reported(call: str, reason: str) -> None:
    found = analysed(body(f"await ctx.client.{call}"))
    assert found.needs == ()
    (unclear,) = found.unclear
    assert str(unclear).startswith(f"plugins/web.py:2: ctx.client.{call.partition('(')[0]} fails: ")
    assert reason in str(unclear)


@pytest.mark.parametrize(
    "call",
    [
        "get('rbac.authorization.k8s.io/v1/ClusterRole', 'system:node')",
        "get('networking.k8s.io/v1/IPAddress', '2001:db8::1')",
        "get('v1/Secret', 'a.b-c.1', 'team-a')",
        "get('v1/Node', 'a', 'Ignored')",
        "get('v1/Secret', '', '')",
    ],
)
def test_a_name_that_may_exist_is_no_mistake(call: str) -> None:
    found = analysed(body(f"await ctx.client.{call}"))
    assert (found.unclear, len(found.needs)) == ((), 1)


@pytest.mark.parametrize(
    "call",
    [
        "get('v1/Secret', 'a')",
        "get('v1/Secret', request.name)",
        "get('v1/Secret', name=ctx.request.name, namespace=None)",
        "delete('v1/Secret', f'{request.name}-a')",
        "delete('v1/Secret', ctx.lister.get(request)['metadata']['name'])",
        "patch('v1/Secret', 'a', {'data': {}})",
        "scale('apps/v1/Deployment', 'a', 3)",
        "delete_collection('v1/Pod', label_selector='a=b')",
        "apply({'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': request.name}})",
        "create({'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'generateName': 'a-'}})",
        "update({'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'a'}})",
    ],
)
def test_a_call_that_names_no_namespace_is_reported(call: str) -> None:
    kind = next(each for each in ("Secret", "Deployment", "Pod") if each in call)
    reason = f"ctx.client.{call.partition('(')[0]} fails: a {kind}"
    assert mistake_of(f"ctx.client.{call}") == f"{reason} has a namespace: pass one, such as request.namespace"


@pytest.mark.parametrize(
    "lines",
    [
        ("await ctx.client.delete('v1/Pod', *('p', 'a'))",),
        ("where = ('p', 'a')", "await ctx.client.delete('v1/Pod', *where)"),
        ("await ctx.client.delete(*['v1/Pod', 'p', 'a'])",),
        ("await ctx.client.delete(*['v1/Pod', 'p'], 'a')",),
        ("await ctx.client.patch(*['v1/Pod', 'p'], {'data': {}}, 'a')",),
    ],
)
def test_arguments_by_star_have_the_places_that_they_unpack_to(lines: tuple[str, ...]) -> None:
    need = only_need(*lines)
    assert (need.rule.resource_names, need.namespaces) == (("p",), ("a",))


@pytest.mark.parametrize(
    "call",
    [
        "ctx.client.update_status({'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'a', 'namespace': 'b'}})",
        "ctx.client.patch_status('v1/Secret', request, {'ready': 1})",
        "ctx.client.patch('v1/Secret', request, {'status': {}}, subresource='status')",
        "ctx.client.apply({'apiVersion': 'v1', 'kind': 'Secret'}, subresource='status')",
    ],
)
def test_a_write_of_a_status_that_a_kind_does_not_have_is_a_mistake(call: str) -> None:
    assert "fails: a Secret has no status: write another field" in mistake_of(call)


def test_a_block_for_a_status_that_a_kind_does_not_have_is_a_mistake() -> None:
    found = analysed(body("secret = await ctx.client.get('v1/Secret', request)", "async with ctx.status(secret): pass"))
    (mistake,) = [each.what for each in found.unclear if each.is_mistake]
    assert mistake.startswith("ctx.status fails: a Secret has no status: write another field")


SECOND = "the second argument is the name or the request, and this is a"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("patch('v1/Secret', {'data': {}}, request)", f"patch(kind, name, patch, namespace): {SECOND} dict"),
        ("get('v1/Secret', ['a'])", f"get(kind, name, namespace): {SECOND} list"),
        ("delete('v1/Secret', 5)", f"delete(kind, name, namespace): {SECOND}n int"),
        ("scale('apps/v1/Deployment', 3, request)", f"scale(kind, name, replicas, namespace): {SECOND}n int"),
        (
            "patch('v1/Secret', 'a', 'b', {'data': {}})",
            "patch(kind, name, patch, namespace): the third argument is the patch, and this is a str",
        ),
        (
            "patch_status('v1/Pod', request.name, request.namespace, {})",
            "patch_status(kind, name, status, namespace): the third argument is the status, and this is a str",
        ),
        (
            "list('v1/Pod', {'app': 'web'})",
            (
                "list(kind, namespace, label_selector, field_selector): "
                "the second argument is the namespace, and this is a dict"
            ),
        ),
        (
            "get('v1/Secret', 'a', namespace={})",
            "get(kind, name, namespace): the third argument is the namespace, and this is a dict",
        ),
    ],
)
def test_arguments_in_the_wrong_order_are_a_mistake(call: str, reason: str) -> None:
    assert mistake_of(f"ctx.client.{call}") == f"ctx.client.{call.partition('(')[0]} fails: {reason}"


@pytest.mark.parametrize(
    "call",
    [
        "thing.patch('v1/Secret', {'data': {}}, request)",
        "ctx.client.patch('v1/Secret', request, {'data': {}})",
        "ctx.client.patch('v1/Secret', 'a', [{'op': 'remove', 'path': '/data'}], 'b', type='json')",
        "ctx.client.patch(obj, {'data': {}})",
        "ctx.client.get('v1/Secret', name, None)",
        "ctx.client.list('v1/Pod', None, {'app': 'web'})",
    ],
)
def test_arguments_that_may_be_in_order_are_no_mistake(call: str) -> None:
    found = analysed(body(f"await {call}"))
    assert not [each for each in found.unclear if each.is_mistake]


@pytest.mark.parametrize(
    "call",
    [
        "ctx.client.get('v1/Secret', request)",
        "ctx.client.get('v1/Secret', ('a', 'b'))",
        "ctx.client.get('v1/Secret', name)",
        "ctx.client.get('v1/Secret', 'a', request.namespace)",
        "ctx.client.get('v1/Secret', 'a', namespace=ns)",
        "ctx.client.get('v1/Secret', 'a', **where)",
        "ctx.client.get('v1/Node', 'a')",
        "ctx.client.get('example.com/v1/Website', 'a')",
        "ctx.client.list('v1/Pod')",
        "thing.get('v1/Secret', 'a')",
        "ctx.client.delete(ctx.lister.get(request))",
        "ctx.client.apply({'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'a'}})",
        "ctx.client.apply({'apiVersion': 'v1', 'kind': 'Secret', 'metadata': metadata})",
        "ctx.client.apply({'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {**metadata}})",
        "ctx.client.apply({'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {name: 'a'}})",
        "ctx.client.apply(obj)",
        "ctx.sync_children(obj, [{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'a'}}])",
    ],
)
def test_a_call_that_may_name_a_namespace_is_no_mistake(call: str) -> None:
    obj = "obj = {'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'a'}}"
    lines = ("name, metadata, ns, where, thing = elsewhere", obj, "obj['metadata']['namespace'] = ns")
    found = analysed(body(*lines, f"await {call}"))
    assert [each for each in found.unclear if each.is_mistake] == []


def test_of_several_names_the_possible_ones_are_granted() -> None:
    found = analysed(body("for name in ('A', 'b'):", "    await ctx.client.get('v1/Secret', name, 'a')"))
    assert [shown(each.rule) for each in explained(found.needs)] == ["get secrets b"]
    assert "named 'A'" in str(found.unclear)


def test_a_name_that_only_a_combination_makes_is_no_mistake() -> None:
    source = "def key(a, b): return a + b\n" + body(
        "await ctx.client.get('v1/Secret', key('a', '-b'), 'n')",
        "await ctx.client.get('v1/Secret', key('c.', 'd'), 'n')",
    )
    found = analysed(source)
    assert found.unclear == ()
    assert [shown(each.rule) for each in explained(found.needs)] == ["get secrets a-b ad c.d"]


def test_a_namespace_that_the_source_names_counts_beside_one_that_it_does_not() -> None:
    lines = ("for ns in (request.namespace, 'kube-system'):", "    await ctx.client.list('v1/Pod', ns)")
    assert [(each.namespaces, each.is_of_all) for each in analysed(body(*lines)).needs] == [
        (None, False), (("kube-system",), False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("words = ('v1/Pod', 'a')", "await ctx.client.list(*words)"), (("a",), False)),
        (("words = request.words", "await ctx.client.list('v1/Pod', *words)"), (None, True)),
        (("words = []", "words.append('a')", "await ctx.client.list('v1/Pod', *words)"), (None, True)),
        (("await ctx.client.list('v1/Pod', **request.words)",), (None, True)),
    ],
)
def test_arguments_by_star_name_a_namespace_only_if_they_are_known(
    lines: tuple[str, ...], expected: tuple[tuple[str, ...] | None, bool]
) -> None:
    need = only_need(*lines)
    assert (need.namespaces, need.is_of_all) == expected
