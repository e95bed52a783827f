"""Files that the embedded API server keeps for itself: certificates, tokens, kubeconfigs."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kube_apiserver.security.files import write_private


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file of this process grow, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_that_cannot_be_written_is_named_by_the_error(tmp_path: Path) -> None:
    path = tmp_path / "ca.key"
    with full_disk(), pytest.raises(OSError, match="large") as failed:
        write_private(path, b"key")
    assert failed.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(OSError, match="exists") as failed:
        write_private(tmp_path / "data" / "token", b"token")
    assert failed.value.filename == str(tmp_path / "data" / "token")
