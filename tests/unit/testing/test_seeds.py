"""The files of objects that a scenario starts with."""

from pathlib import Path

import pytest

from plugin_operator.testing.scenarios.seeds import load

POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: one, annotations: {{of: {value}}}}}\n"


def seed(tmp_path: Path, text: str) -> Path:
    (tmp_path / "objects.yaml").write_text(text)
    return tmp_path / "objects.yaml"


def test_a_date_in_a_file_is_text_as_kubectl_reads_it(tmp_path: Path) -> None:
    (found,) = load([seed(tmp_path, POD.format(value="2026-11-30"))], tmp_path)
    assert found.obj["metadata"]["annotations"] == {"of": "2026-11-30"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "expected the node content"),
        ("a: &a [*a]", "an anchor's value contains itself"),
        ("[" * 5000, "is nested more than 200 levels deep"),
    ],
)
def test_a_mistake_in_a_file_is_reported_with_its_path(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"objects\.yaml: ") as caught:
        load([seed(tmp_path, text)], tmp_path)
    assert words in str(caught.value)
