"""Base64 is read as Go reads it."""

import pytest

from kube_apiserver.decoding.base64_text import CorruptBase64, canonical_base64


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("", ""), ("YWJj\nZGVm\r\n", "YWJjZGVm"), ("Y\nQ\r=\n=", "YQ=="), ("YR==", "YQ=="), ("\n\n", "")],
)
def test_line_breaks_are_skipped_and_the_text_is_written_in_one_line(text: str, canonical: str) -> None:
    assert canonical_base64(text) == canonical


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("YWJj ZGVm", 4),
        ("YQ", 0),
        ("Y===", 1),
        ("YQ==YQ==", 4),
        ("YWJ\nj\nZ-==", 7),
        ("YQ=", 3),
        ("YQ=x", 3),
        ("é", 0),
        ("YWI=\nYQ==", 5),
    ],
)
def test_an_error_names_the_byte_that_go_names(text: str, position: int) -> None:
    with pytest.raises(CorruptBase64, match=f"illegal base64 data at input byte {position}$"):
        canonical_base64(text)
