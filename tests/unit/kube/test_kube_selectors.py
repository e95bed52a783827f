from typing import Any

import pytest

from plugin_operator.kube import FieldSelector, LabelSelector, SelectorError


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ("", {}, True),
        ("  ", {"a": "b"}, True),
        ("a=b", {"a": "b"}, True),
        ("a == b", {"a": "b"}, True),
        ("a=b", {"a": "c"}, False),
        ("a=b", {}, False),
        ("a!=b", {}, True),
        ("a!=b", {"a": "b"}, False),
        ("a=", {"a": ""}, True),
        ("a=,b", {"a": "", "b": "x"}, True),
        ("a", {"a": "x"}, True),
        ("a", {}, False),
        ("!a", {}, True),
        ("! a", {"a": "x"}, False),
        ("a in (b, c)", {"a": "c"}, True),
        ("a in (b,c)", {}, False),
        ("a in ()", {"a": ""}, True),
        ("a in (,x)", {"a": ""}, True),
        ("a notin (b)", {}, True),
        ("a notin (b)", {"a": "b"}, False),
        ("a>3", {"a": "10"}, True),
        ("a<3", {"a": "10"}, False),
        ("a>3", {"a": "x"}, False),
        ("a>3", {}, False),
        ("in=notin", {"in": "notin"}, True),
        ("app.kubernetes.io/name=x,tier notin (back),!old", {"app.kubernetes.io/name": "x"}, True),
    ],
)
def test_a_label_selector_matches_as_apimachinery_does(text: str, labels: dict[str, str], expected: bool) -> None:
    assert LabelSelector.parse(text).matches(labels) is expected
    assert LabelSelector.parse(str(LabelSelector.parse(text))).matches(labels) is expected


@pytest.mark.parametrize(
    ("text", "position"),
    [("a,", 2), ("a=b c", 4), (",a", 0), ("a in b", 5), ("a in (b", 7), ("-a=b", 0), ("a>x", 2), ("a=(", 2), ("a b", 2),
     ("A_/b=c", 0), ("!", 1), ("a=$x", 2)],
)  # fmt: skip
def test_a_malformed_label_selector_names_the_column(text: str, position: int) -> None:
    with pytest.raises(SelectorError) as caught:
        LabelSelector.parse(text)
    assert caught.value.position == position
    assert f"column {position + 1}" in str(caught.value)


def test_the_canonical_label_selector_does_not_depend_on_spelling() -> None:
    assert str(LabelSelector.parse(" b in ( y ,x), a==1 ,!c")) == "a=1,b in (x,y),!c"
    assert not LabelSelector.parse("")
    assert LabelSelector.parse("a")


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        ("", {}, True),
        ("metadata.name=x", {"metadata.name": "x"}, True),
        ("metadata.name==x,spec.nodeName!=n", {"metadata.name": "x"}, True),
        ("spec.nodeName=", {}, True),
        ("a!=b", {"a": "b"}, False),
        (r"a=x\,y\=z\\", {"a": "x,y=z\\"}, True),
        ("a=b,,", {"a": "b"}, True),
    ],
)
def test_a_field_selector_matches_the_fields_it_names(text: str, fields: dict[str, str], expected: bool) -> None:
    assert FieldSelector.parse(text).matches(fields.get) is expected
    assert FieldSelector.parse(str(FieldSelector.parse(text))) == FieldSelector(
        tuple(sorted(FieldSelector.parse(text).requirements))
    )


@pytest.mark.parametrize(
    ("text", "position"), [("a", 0), ("=b", 0), ("a=b,c", 4), (r"a=\x", 2), ("a=b=c", 2), ("a=b\\", 3)]
)
def test_a_malformed_field_selector_names_the_column(text: str, position: int) -> None:
    with pytest.raises(SelectorError) as caught:
        FieldSelector.parse(text)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("", ""),
        ({}, ""),
        ("b!=c,a", "a,b!=c"),
        ({"b": "x", "a": ""}, "a=,b=x"),
        ({"matchLabels": {"a": "x"}}, "a=x"),
        ({"matchLabels": None, "matchExpressions": None}, ""),
        (
            {
                "matchLabels": {"a": "x"},
                "matchExpressions": [
                    {"key": "b", "operator": "In", "values": ["z", "y"]},
                    {"key": "c", "operator": "NotIn", "values": ["y"]},
                    {"key": "d", "operator": "Exists"},
                    {"key": "e", "operator": "DoesNotExist", "values": []},
                ],
            },
            "!e,a=x,b in (y,z),c notin (y),d",
        ),
    ],
)
def test_a_label_selector_may_be_text_or_a_mapping(value: dict[str, Any] | str | None, expected: str) -> None:
    found = LabelSelector.of(value)
    assert sorted(str(found).split(",")) == sorted(expected.split(","))
    assert LabelSelector.of(found) is found
    assert LabelSelector.parse(str(found)).matches({"a": "x"}) == found.matches({"a": "x"})


@pytest.mark.parametrize(
    "value",
    [
        7, ["a"], b"a=b", {"a": 1}, {1: "a"}, {"a": None}, {"matchLabels": "a"}, {"matchLabels": ["a"]},
        {"matchExpressions": ["a"]}, {"matchExpressions": [{"key": "a", "operator": "in", "values": ["b"]}]},
        {"matchExpressions": [{"key": "a", "operator": "In"}]},
        {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
    ],
)  # fmt: skip
def test_what_is_no_label_selector_is_refused_with_the_way_out(value: Any) -> None:
    with pytest.raises(TypeError, match=r"write 'app=web|matchExpressions"):
        LabelSelector.of(value)


@pytest.mark.parametrize("value", [{"a": "b,c=d"}, {"a,b": "c"}, {"!a": "b"}, {"a": "b c"}, {"a=b": "c"}, {"": "x"}])
def test_no_mapping_smuggles_in_another_term(value: dict[str, str]) -> None:
    with pytest.raises(SelectorError):
        LabelSelector.of(value)


def test_a_field_selector_may_be_text_or_a_mapping() -> None:
    assert FieldSelector.of(None) == FieldSelector.of("") == FieldSelector.of({}) == FieldSelector()
    assert str(FieldSelector.of("b=x,a!=y")) == "a!=y,b=x"
    odd = FieldSelector.of({"spec.x": "a,b=c\\", "metadata.name": "web"})
    assert odd.matches({"spec.x": "a,b=c\\", "metadata.name": "web"}.get)
    assert FieldSelector.of(odd) is odd
    of_no_type: tuple[Any, ...] = (7, ["a"], {"a": 1}, {1: "a"})
    for value in of_no_type:
        with pytest.raises(TypeError, match=r"write 'metadata\.name=web' or"):
            FieldSelector.of(value)
    for selector in ({"a,b": "c"}, {"a=b": "c"}, {"": "c"}):
        with pytest.raises(SelectorError):
            FieldSelector.of(selector)


def test_the_selector_of_a_typed_model_is_read_like_a_mapping() -> None:
    from kubernetes_asyncio.client import V1LabelSelector, V1LabelSelectorRequirement

    tier = V1LabelSelectorRequirement(key="tier", operator="NotIn", values=["db"])
    assert str(LabelSelector.of(V1LabelSelector(match_labels={"app": "web"}))) == "app=web"
    both = V1LabelSelector(match_labels={"app": "web"}, match_expressions=[tier])
    assert str(LabelSelector.of(both)) == "app=web,tier notin (db)"
    assert str(LabelSelector.of({"matchExpressions": [tier]})) == "tier notin (db)"
    assert not LabelSelector.of(V1LabelSelector())
