"""A CEL rule with the name of an attribute in the place of that on the wire is rejected with its class."""

from typing import Annotated, Any

import msgspec
import pytest

from plugin_operator import ApiObject, PluginRejected, Struct, resource, rule, schema


class Page(Struct):
    max_size: int = 1


class LimitsSpec(Struct):
    max_size: int = 1
    x_y: int = 1
    repo_url: str = msgspec.field(name="repoURL", default="")
    page: Page = msgspec.field(default_factory=Page)
    pages: list[Page] = []
    by_name: dict[str, Page] = {}
    labels: dict[str, str] = {}
    free: Any = None


def made(text: str, **options: Any) -> type[ApiObject]:
    @resource("example.com/v1/Limits", rules=[rule(text, **options)])
    class Limits(ApiObject):
        spec: LimitsSpec

    return Limits


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("self.spec.max_size < 10", "has the name 'max_size', which is 'maxSize' on the wire: write self.spec.maxSize"),
        ("self.spec.x_y < 10", "has the name 'x_y', which is 'xY' on the wire: write self.spec.xY"),
        (
            "self.spec.repo_url != ''",
            "which is 'repoURL' on the wire: write self.spec.repoURL",
        ),
        ("has(self.spec.max_size)", "write self.spec.maxSize"),
        ("self.spec.maxSize < oldSelf.spec.max_size", "write oldSelf.spec.maxSize"),
        ("self.spec.pages[0].max_size < 10", "write self.spec.pages[0].maxSize"),
        ("self.spec.by_name['a'].maxSize < 10", "write self.spec.byName"),
        ("self.spec.byName['a.b'].max_size < 10", "write self.spec.byName['a.b'].maxSize"),
        ("self.spec.byName.a.max_size < 10", "write self.spec.byName.a.maxSize"),
        ("self.spec.?max_size.orValue(1) < 10", "write self.spec.?maxSize"),
        ("self.spec.by_name.all(key, key != '')", "write self.spec.byName"),
    ],
)
def test_the_name_on_the_wire_is_named(text: str, words: str) -> None:
    with pytest.raises(PluginRejected) as caught:
        made(text)
    assert caught.value.reason.startswith(f"Limits: rules: {text!r} has the name ")
    assert caught.value.reason.endswith(words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"message_expression": "string(self.spec.max_size)"}, "write self.spec.maxSize"),
        ({"field_path": ".spec.max_size"}, "'.spec.max_size' has the name 'max_size', which is 'maxSize' on the wire"),
    ],
)
def test_so_it_is_in_the_message_and_in_the_path_of_a_rule(options: dict[str, str], words: str) -> None:
    with pytest.raises(PluginRejected) as caught:
        made("self.spec.maxSize < 10", **options)
    assert words in caught.value.reason


def test_a_rule_of_a_field_is_rejected_at_the_field() -> None:
    class Bounds(Struct):
        limits: Annotated[Page, schema(rules=[rule("self.max_size < 10")])]

    with pytest.raises(PluginRejected) as caught:

        @resource("example.com/v1/Limits")
        class Limits(ApiObject):
            spec: Bounds

    assert caught.value.reason == (
        "Bounds.limits: rules: 'self.max_size < 10' has the name 'max_size', which is 'maxSize' on the wire: write "
        "self.maxSize"
    )


@pytest.mark.parametrize(
    "text",
    [
        "self.spec.maxSize < 10",
        "self.metadata.name != 'self.spec.max_size'",
        'self.metadata.name != "self.spec.max_size"',
        "self.spec.labels.max_size == 'a'",
        "self.spec.free.max_size == 'a'",
        "self.metadata.generate_name != ''",
        "self.spec.unknown.max_size == 1",
        "self.spec.pages.max_size()",
    ],
)
def test_other_names_are_left_to_the_api_server(text: str) -> None:
    made(text)
