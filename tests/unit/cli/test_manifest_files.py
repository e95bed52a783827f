"""Files with objects: a mistake is reported with file and document, and no file can harm the reader."""

import os
from pathlib import Path

import pytest

from plugin_operator.cli.manifest_files import read_manifests
from plugin_operator.errors import UsageError

HELLO = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hello}\n"


def test_documents_items_of_lists_and_folders_are_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(f"---\n{HELLO}---\n---\n{HELLO.replace('hello', 'two')}")
    item = '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "three"}}'
    (tmp_path / "a.json").write_text(f'{{"apiVersion": "v1", "kind": "List", "items": [{item}]}}')
    (tmp_path / "notes.txt").write_text("no object")
    found = read_manifests([tmp_path], "--seed")
    assert [each.obj["metadata"]["name"] for each in found] == ["three", "hello", "two"]
    assert str(found[0]) == f"{tmp_path / 'a.json'}, document 1, item 1: v1/Secret three"
    assert str(found[2]).startswith(f"{tmp_path / 'b.yaml'}, document ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{HELLO}---\nkind: Pod\n", "document 2: has no apiVersion"),
        (f"{HELLO}---\n- 1\n", "document 2: is not a Kubernetes object"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {}\n", "the Pod has no metadata.name"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: 7}\n", "it is not text: write it in quotes"),
        ("apiVersion: v1\nkind: Pod\nmetadata: 7\n", "the Pod has no metadata"),
        ("a: [\n", "is not YAML"),
        ("a: !!python/object/apply:os.system [id]\n", "has no apiVersion"),
        ("a: &a [*a]\n", "an anchor's value contains itself"),
        ("[" * 5000 + "]" * 5000, "document 1: is nested more than 200 levels deep"),
        (
            f"{HELLO}---\na: &a {'[' * 150}{']' * 150}\nb: {'[' * 50}*a{']' * 50}\n",
            "document 2: is nested more than 200",
        ),
        (
            "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 12)),
            "excessive aliasing",
        ),
        ("\x00", "is not YAML"),
    ],
)
def test_a_mistake_is_reported_with_file_and_document(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "objects.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_manifests([file], "--seed")
    assert str(caught.value).startswith(f"--seed: {file}")
    assert words in str(caught.value)


def test_what_is_no_file_of_text_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "bad.json").write_text('{"a": NaN}')
    (tmp_path / "empty").mkdir()
    for name, words in {
        "pipe.yaml": "is not a file",
        "bytes.yaml": "is not text in UTF-8",
        "bad.json": "NaN is not JSON",
        "empty": "has no file that ends in",
        "gone": "cannot be read",
    }.items():
        with pytest.raises(UsageError, match=words):
            read_manifests([tmp_path / name], "--seed")
