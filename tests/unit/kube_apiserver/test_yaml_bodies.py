"""YAML bodies are read as Go reads them."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from kube_apiserver.wire.body import YAML, parse_applied, parse_json, parse_long, parse_yaml
from kube_apiserver.wire.status_error import StatusError
from kube_apiserver.wire.yaml_loader import JsonTypesLoader, RefusedYaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: y", {"a": True}),
        ("a: n", {"a": False}),
        ("a: 'y'", {"a": "y"}),
        ("y: 1", {"true": 1}),
        ("off: 1", {"false": 1}),
        ("80: 1", {"80": 1}),
        ("1.5: 1", {"1.5": 1}),
        ("null: 1", {"null": 1}),
        ("a: 22:22", {"a": "22:22"}),
        ("a: 1:30:00.5", {"a": "1:30:00.5"}),
        ("a: 0777", {"a": 511}),
        ("a: 0x1f", {"a": 31}),
        ("a: 1_000", {"a": 1000}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: 1e400", {"a": "1e400"}),
        ("a: !!binary QQ==", {"a": "A"}),
        ("a: !mine 1", {"a": "1"}),
        ("a: !mine {b: 1}", {"a": {"b": 1}}),
        ("a: !mine [1]", {"a": [1]}),
        ("a: !!python/object:os.system x", {"a": "x"}),
        ("a: !!set {b, c}", {"a": {"b": None, "c": None}}),
        ("a: !!omap [b: 1]", {"a": [{"b": 1}]}),
        ("a: !!pairs [b: 1, b: 2]", {"a": [{"b": 1}, {"b": 2}]}),
        ("a: -1.5", {"a": -1.5}),
        ("a: .5", {"a": 0.5}),
        ("a: 1.2.3", {"a": "1.2.3"}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("a: 2026-01-01T00:00:00Z", {"a": "2026-01-01T00:00:00Z"}),
        ("a: ~", {"a": None}),
        ("a: yes-no", {"a": "yes-no"}),
        ("a: {b: [1, on]}", {"a": {"b": [1, True]}}),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
        ("a: 1\n---\nb: 2\n", {"a": 1}),
        ('{\n\t"a": [\n\t\t{"b":\t1,},\t# c\n \t2\t],\n}\t', {"a": [{"b": 1}, 2]}),
        ("a: x\ty\nb: [x \ty\t]", {"a": "x\ty", "b": ["x \ty"]}),
        ("a:\t1\t\nb: x \t# c\n", {"a": 1, "b": "x"}),
        ("a: x\t\n  y \t \n\n  z\t", {"a": "x y\nz"}),
        ("[x\t\n y]", ["x y"]),
        ("", None),
    ],
)
def test_a_scalar_is_what_go_takes_it_for(text: str, value: dict[str, Any] | None) -> None:
    assert parse_yaml(text.encode()) == value


@pytest.mark.parametrize(
    "text", ["a: [", "a:\n\tb: 1", "\ta: 1", "a: !!binary Q", "a: .inf", "a: -.INF", "a: .NaN", "{a: 1"]
)
def test_what_is_no_yaml_is_a_bad_request(text: str) -> None:
    with pytest.raises(StatusError, match="error converting YAML to JSON") as caught:
        parse_yaml(text.encode())
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "22:22", "b": [1, 1.5, null]}', {"a": "22:22", "b": [1, 1.5, None]}),
        (r'{"a": "\\ud83d"}', {"a": r"\ud83d"}),
        ("{a: on}", {"a": True}),
        ('{"a": 1}\n---\nb: 2\n', {"a": 1}),
        ("a: " + "x" * 5000, {"a": "x" * 5000}),
    ],
)
async def test_an_apply_patch_is_json_or_yaml(text: str, value: dict[str, Any]) -> None:
    assert (await parse_applied(text.encode()))[0] == value


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (r'{"a": "\ud83d\ude00"}', ""),
        ('{\n"a": "\\ud83d"}', "line 2: "),
        (r'a: "\ud83d\ude00"', ""),
        ('a: b\nc: "\\ud800"', "line 2: "),
        (r'a: "\U00110000"', ""),
        (r'a: "\UFFFFFFFF"', ""),
    ],
)
async def test_yaml_has_no_escape_of_a_surrogate(text: str, line: str) -> None:
    with pytest.raises(StatusError, match=f"yaml: {line}found invalid Unicode character escape code"):
        await parse_applied(text.encode())


@pytest.mark.parametrize("prefix", ['{"a": "%s"}', "a: '%s'"], ids=["JSON", "YAML"])
@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a \x85 b", "a b"),
        ("a \x85\x85 b", "a\nb"),
        ("a \u2028 b", "a\u2028b"),
        ("a \u2029 \u2029 b", "a\u2029\u2029b"),
        ("a \u00a0\ufeff\U0001f600\U000e0001 b", "a \u00a0\ufeff\U0001f600\U000e0001 b"),
    ],
)
async def test_an_apply_patch_ends_lines_and_folds_them_as_yaml_does(prefix: str, text: str, read: str) -> None:
    assert (await parse_applied((prefix % text).encode()))[0] == {"a": read}


@pytest.mark.parametrize("text", ["\x7f", "\x80", "\x84", "\x86", "\x9f", "\ufffe", "\uffff"])
async def test_an_apply_patch_has_no_control_characters(text: str) -> None:
    with pytest.raises(StatusError, match="yaml: control characters are not allowed"):
        await parse_applied(f'{{"a": "{text}"}}'.encode())
    assert parse_json(f'{{"a": "{text}"}}'.encode()) == {"a": text}


async def test_a_key_of_an_apply_patch_has_at_most_1024_characters_with_its_quotes() -> None:
    key = 'k"' * 340 + "ä" * 2

    assert (await parse_applied(json.dumps({key: key * 9}, ensure_ascii=False).encode()))[0] == {key: key * 9}
    with pytest.raises(StatusError, match="error converting YAML to JSON") as caught:
        await parse_applied(json.dumps({f"{key}k": 1}, ensure_ascii=False).encode())
    assert caught.value.code == 400


async def test_long_yaml_is_parsed_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def parse(raw: bytes) -> int:
        threads.append(threading.get_ident())
        return len(raw)

    monkeypatch.setattr("kube_apiserver.wire.body.parse_yaml", parse)

    assert await parse_long(b"a" * 4096, YAML) == 4096
    assert threads != [threading.get_ident()]


def test_aliases_that_multiply_are_refused() -> None:
    """Nine lines of them stand for a thousand million values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]" for number in range(1, 9)]

    with pytest.raises(StatusError, match="yaml: document contains excessive aliasing"):
        parse_yaml("\n".join(lines).encode())


def test_an_alias_inside_its_own_anchor_is_refused() -> None:
    with pytest.raises(StatusError, match="an anchor's value contains itself"):
        parse_yaml(b"a: &a [*a]")


def test_an_alias_stands_for_its_value() -> None:
    assert parse_yaml(b"a: &a {k: [v]}\nb: *a\nc: {<<: *a, l: w}") == {
        "a": {"k": ["v"]},
        "b": {"k": ["v"]},
        "c": {"k": ["v"], "l": "w"},
    }


NESTED: dict[str, Callable[[int], str]] = {
    "brackets": lambda levels: "[" * levels + "]" * levels,
    "braces": lambda levels: "{a: " * levels + "}" * levels,
    "dashes": lambda levels: "- " * levels,
    "indents": lambda levels: "".join(" " * level + "a:\n" for level in range(levels)),
    "dashes and brackets": lambda levels: "- " * 100 + "[" * (levels - 100) + "]" * (levels - 100),
}


@pytest.mark.parametrize("nested", NESTED.values(), ids=NESTED)
def test_two_hundred_levels_are_read_and_one_more_is_refused_with_the_limit(nested: Callable[[int], str]) -> None:
    assert parse_yaml(nested(200).encode())
    with pytest.raises(StatusError, match="is nested more than 200 levels deep") as caught:
        parse_yaml(nested(201).encode())
    assert caught.value.code == 400


def test_of_what_is_nested_too_deeply_no_more_is_read_than_the_limit() -> None:
    loader = JsonTypesLoader("[" * 5000)

    with pytest.raises(RefusedYaml):
        loader.get_single_data()

    assert loader.column == 200


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud83d\ude00"', "\N{GRINNING FACE}"),
        (r'"\ud83d"', "\ufffd"),
        (r'"\ude00\ud83d\ud83d\ude00x"', "\ufffd\ufffd\N{GRINNING FACE}x"),
        (r'"\\ud83d"', r"\ud83d"),
    ],
)
def test_a_lone_surrogate_of_json_is_the_replacement_character(text: str, value: str) -> None:
    assert parse_json(text.encode()) == value


async def test_json_is_not_parsed_as_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kube_apiserver.wire.body._parse_yaml", lambda _: pytest.fail("parsed as YAML"))
    assert (await parse_applied(b' {"a": {"b": [true]}}'))[0] == {"a": {"b": [True]}}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('{"a": 1,\n"b": 2, "a": 3}', [2]),
        ("a: 1\na: 3\na: 2\n", [2, 3]),
        ("a: 1\na:\n  b: 3\n", [3]),
        ("a:\n  a: 3\n", []),
    ],
)
async def test_keys_that_are_there_twice_are_found_with_the_lines_of_their_values(text: str, lines: list[int]) -> None:
    found = [f'line {line}: key "a" already set in map' for line in lines]
    assert (await parse_applied(text.encode()))[1] == found
