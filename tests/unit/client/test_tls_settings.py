"""TLS contexts are made of content, wherever files may be put, and one for each content."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin_operator.certificates import make_authority
from plugin_operator.client import TlsSettings

FIRST = make_authority(datetime.now(UTC)).certificate_pem
SECOND = make_authority(datetime.now(UTC)).certificate_pem


def refused(*_: object) -> int:
    raise PermissionError("seccomp")


@pytest.mark.parametrize("way", ["in memory", "refused", "absent"])
def test_a_context_needs_no_file_that_stays(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    if way == "refused":
        monkeypatch.setattr(os, "memfd_create", refused, raising=False)
    elif way == "absent":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    made = make_authority(datetime.now(UTC))
    context = TlsSettings(ca_pem=made.certificate_pem, certificate_pem=made.certificate_pem, key_pem=made.key_pem)
    assert len(context.context().get_ca_certs()) == 1
    assert list(tmp_path.iterdir()) == []


def test_equal_content_has_one_context_and_other_content_another() -> None:
    first = TlsSettings(ca_pem=FIRST).context()
    assert TlsSettings(ca_pem=FIRST.decode()).context() is not TlsSettings(ca_pem=SECOND).context()
    assert TlsSettings(ca_pem=bytes(FIRST)).context() is first


def test_no_descriptor_stays_open() -> None:
    def descriptors() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    TlsSettings(ca_pem=FIRST).context()
    before = descriptors()
    for _ in range(20):
        made = make_authority(datetime.now(UTC))
        TlsSettings(ca_pem=made.certificate_pem).context()
        with pytest.raises(OSError):
            TlsSettings(ca_pem=made.certificate_pem[:100]).context()
    assert descriptors() == before


def test_keys_are_not_shown() -> None:
    made = make_authority(datetime.now(UTC))
    assert "PRIVATE" not in repr(TlsSettings(certificate_pem=made.certificate_pem, key_pem=made.key_pem))
