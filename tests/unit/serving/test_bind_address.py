"""The text form of bind addresses."""

import pytest

from plugin_operator.serving.address import BindAddress, HeldAddress


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        (":8080", "", 8080),
        ("127.0.0.1:0", "127.0.0.1", 0),
        ("[::1]:8081", "::1", 8081),
        ("localhost:65535", "localhost", 65535),
        (" 0.0.0.0:80 ", "0.0.0.0", 80),
    ],
)
def test_go_style_addresses_are_read(text: str, host: str, port: int) -> None:
    assert BindAddress.parse(text) == BindAddress(host, port)


@pytest.mark.parametrize("text", ["0", "", " 0 "])
def test_zero_means_off(text: str) -> None:
    assert BindAddress.parse(text) is None


@pytest.mark.parametrize("text", ["8080", "::1:8080", "host:", "host:http", ":65536", ":-1", ":٣"])
def test_anything_else_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=r'write ":8080" for all interfaces'):
        BindAddress.parse(text)


@pytest.mark.parametrize("text", [":8080", "[::1]:8081", "localhost:1"])
def test_an_address_prints_as_it_was_written(text: str) -> None:
    assert str(BindAddress.parse(text)) == text


def test_a_held_address_is_taken_before_it_is_served_and_the_next_to_ask_gets_another() -> None:
    first = HeldAddress.take(BindAddress("127.0.0.1", 0))
    second = HeldAddress.take(BindAddress("127.0.0.1", first.port))
    with first.listen() as held, second.listen() as other:
        assert held.getsockname() == ("127.0.0.1", first.port)
        assert other.getsockname() == ("127.0.0.1", second.port)
        assert first.port != second.port
        assert str(second) == f"127.0.0.1:{second.port}"
