"""Data of Secrets is masked in text in each form in which it can be seen, and nothing else is."""

import base64
import json

import pytest

from plugin_operator.testing.recording.observations import RecordedEvent
from plugin_operator.testing.recording.writes import Write
from plugin_operator.testing.secret_masking import SECRETS, SecretValues

VALUE = "pass word%s-{x}-äöü-" + "0123456789abcdef" * 40


def secret(**data: str | bytes) -> bytes:
    encoded = {
        key: base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()
        for key, value in data.items()
    }
    return json.dumps({"kind": "Secret", "metadata": {"name": "s", "namespace": "n"}, "data": encoded}).encode()


@pytest.fixture
def values() -> SecretValues:
    return SecretValues()


@pytest.mark.parametrize(
    ("shown", "masked"),
    [
        (f"got {VALUE}!", "got <Secret n/s: k>!"),
        (f"{VALUE!r}", "'<Secret n/s: k>'"),
        (json.dumps({"a": VALUE}), '{"a": "<Secret n/s: k>"}'),
        (base64.b64encode(VALUE.encode()).decode(), "<Secret n/s: k>"),
        (f"'{VALUE[:60]}...{VALUE[-50:]}'", "'<Secret n/s: k>...<Secret n/s: k>'"),
        (f"'{VALUE[:5]}...{VALUE[-5:]}'", "'<Secret n/s: k>...<Secret n/s: k>'"),
        (f"wrapped {VALUE[20:60]}\nhere", "wrapped <Secret n/s: k>\nhere"),
        (f"\x1b[31m{VALUE[:9]}\x1b[0m{VALUE[9:]}", "<Secret n/s: k>"),
    ],
    ids=["itself", "its repr", "as JSON", "encoded", "cut", "cut short", "a part", "with colours"],
)
def test_a_value_is_masked_as_it_is_shown(values: SecretValues, shown: str, masked: str) -> None:
    values.note(secret(k=VALUE))
    assert values.mask(shown) == masked


def test_values_of_several_lines_bytes_and_documents_are_masked_in_parts(values: SecretValues) -> None:
    values.note(secret(lines="first line\n  second\n", raw=b"\xff\x00hidden", doc='{"a": [{"password": "hunter22"}]}'))
    assert values.mask("second") == "<Secret n/s: lines>"
    assert values.mask(repr({"a": b"\xff\x00hidden"})) == "{'a': b'<Secret n/s: raw>'}"
    assert values.mask("it is hunter22") == "it is <Secret n/s: doc>"


@pytest.mark.parametrize("value", [b"\xffLEAKED\x00", "a\tpass\\word", 'say "friend"'], ids=["bytes", "tab", "quotes"])
def test_a_value_in_a_line_inside_a_container_is_masked_although_it_is_quoted_twice(
    values: SecretValues, value: str | bytes
) -> None:
    values.note(secret(k=value))
    line = {"event": f"Read {value!r}", "json": json.dumps(str(value))}
    shown = values.mask(repr([line]))
    assert not any(word in shown for word in ("LEAKED", "word", "friend")), shown


def test_what_was_applied_or_given_as_text_is_masked(values: SecretValues) -> None:
    applied = json.dumps({"stringData": {"old": "was-applied"}})
    metadata = {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}}
    values.note(json.dumps({"kind": "Secret", "metadata": metadata, "stringData": {"k": "as-text"}}).encode())
    assert values.mask("was-applied, as-text") == "<Secret /: old>, <Secret /: k>"


@pytest.mark.parametrize("data", [{"k": ""}, {"k": "abc"}, {"k": "admin"}], ids=["empty", "short", "part of a word"])
def test_text_that_holds_no_value_stays_as_it_is(values: SecretValues, data: dict[str, str]) -> None:
    values.note(secret(**data))
    text = "\x1b[1madministrators... abcdefg\x1b[0m"
    assert values.mask(text) == text


@pytest.mark.parametrize("raw", [b"{}", b'{"data":null,"metadata":null}', b'{"data":{"k":"not base64"}}'])
def test_odd_secrets_are_no_error(values: SecretValues, raw: bytes) -> None:
    values.note(raw)
    assert values.mask("text") == "text"


def test_what_a_plugin_did_names_its_object_though_a_secret_holds_that_word() -> None:
    """The values are those of all tests of a process: an assertion about a name must not depend on the others."""
    word = "an-object-and-a-secret"
    SECRETS.note(json.dumps({"metadata": {"name": "s"}, "stringData": {"k": word}}).encode())
    kind, namespace = "v1/ConfigMap", "ns"
    write = Write("patch", kind, namespace, word, error=f"{word} is taken")
    event = RecordedEvent("Normal", "Made", f"made of {word}", kind, namespace, word, "c")
    assert str(write) == f"patch v1/ConfigMap ns/{word}: <Secret /s: k> is taken"
    assert str(event) == f"Normal Made v1/ConfigMap ns/{word}: made of <Secret /s: k>"
