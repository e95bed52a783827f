"""YAML of the commands: each text is a text to YAML 1.1 and to Go's parser, and usual texts stay plain."""

from pathlib import Path

import pytest
import yaml

from plugin_operator.kube.yaml_output import yaml_document, yaml_file, yaml_stream


@pytest.mark.parametrize(
    "text", ["1e3", "12e4", "12e03", "0o17", "0x1f", "1_000", "-1", ".5", "+.5", "-_5", "y", "N", "on", "null", "~"]
)
def test_a_text_that_a_parser_takes_for_something_else_is_quoted(text: str) -> None:
    assert yaml_document({"a": text}) == f"a: '{text}'\n"
    assert yaml.safe_load(yaml_document({"a": [text]})) == {"a": [text]}


@pytest.mark.parametrize("text", ["web", "apps/v1", "plugin-operator-system", "e3", "nginx:1.29"])
def test_a_usual_text_stays_plain(text: str) -> None:
    assert yaml_document({"a": text}) == f"a: {text}\n"


@pytest.mark.parametrize("text", ["", "a: b", "# a", "2026-01-01", "12:30:45", "\t", "a\n", "a \nb", "\ufeffa"])
def test_a_text_of_any_form_is_read_as_it_was(text: str) -> None:
    for written in (yaml_document([text]), yaml_file([text])):
        assert yaml.safe_load(written) == [text]
        assert written != f"- {text}\n"


def test_lines_are_a_block_and_long_ones_are_not_folded() -> None:
    assert yaml_file({"a.py": "one\ntwo\n", "b": "word " * 99}) == f"a.py: |\n  one\n  two\nb: '{'word ' * 99}'\n"


def test_a_value_that_occurs_twice_is_written_twice() -> None:
    shared = {"a": ["b"]}
    assert yaml.safe_load(yaml_stream([[shared, shared]])) == [shared, shared]
    assert "&" not in yaml_stream([[shared, shared]])


def test_no_module_writes_yaml_with_the_dumper_that_leaves_such_texts_plain() -> None:
    root = Path(__file__).parents[3] / "operator" / "plugin_operator"
    assert [path.name for path in root.rglob("*.py") if "safe_dump" in path.read_text()] == []
    assert [path.name for path in root.rglob("*.py") if "yaml.dump" in path.read_text()] == ["yaml_output.py"]
