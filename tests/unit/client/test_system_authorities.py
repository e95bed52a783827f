"""The system's certificate authorities are loaded by the first handshake that needs them."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin_operator.certificates import make_authority
from plugin_operator.client.credentials.system_authorities import authorities_on_demand

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def one_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system know one authority."""
    file = tmp_path / "authority.pem"
    file.write_bytes(make_authority(_NOW).certificate_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "absent"))


def begin_handshake(context: ssl.SSLContext) -> ssl.SSLObject:
    return context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="example.com")


@pytest.mark.usefixtures("one_authority")
def test_a_context_has_no_authorities_before_its_first_handshake() -> None:
    with authorities_on_demand():
        context = ssl.create_default_context()
    assert context.cert_store_stats()["x509"] == 0

    for _ in range(2):
        assert begin_handshake(context).context is context
        assert context.cert_store_stats()["x509"] == 1
    assert type(context) is ssl.SSLContext


@pytest.mark.usefixtures("one_authority")
def test_a_context_that_is_made_later_has_them_at_once() -> None:
    with authorities_on_demand():
        pass
    assert ssl.create_default_context().cert_store_stats()["x509"] == 1


@pytest.mark.usefixtures("one_authority")
def test_an_authority_that_is_named_is_loaded_at_once() -> None:
    with authorities_on_demand():
        context = ssl.create_default_context(cadata=make_authority(_NOW).certificate_pem.decode())
    assert context.cert_store_stats()["x509"] == 1


@pytest.mark.usefixtures("one_authority")
def test_a_handshake_that_begins_while_another_loads_them_has_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a plugin that uses aiohttp in threads of its own: reading the files lets other threads run."""
    with authorities_on_demand():
        context = ssl.create_default_context()
    load, meanwhile = ssl.SSLContext.set_default_verify_paths, list[int]()

    def load_slowly(loading: ssl.SSLContext) -> None:
        if not meanwhile:
            meanwhile.append(-1)
            meanwhile.append(begin_handshake(loading).context.cert_store_stats()["x509"])
        load(loading)

    monkeypatch.setattr(ssl.SSLContext, "set_default_verify_paths", load_slowly)
    begin_handshake(context)
    assert meanwhile == [-1, 1]
    assert type(context) is ssl.SSLContext
