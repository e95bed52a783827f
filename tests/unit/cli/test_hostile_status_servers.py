"""The command ``status`` against servers that are no operator, or that fail: one line and status 1, in time."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from click.testing import CliRunner

from plugin_operator.cli.group import group
from plugin_operator.cli.status import status_request

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
Answer = Callable[[socket.socket], None]


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    """Serve connections one by one; ``answer`` writes after the request has come."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        connection.recv(65536)
                        answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def raw(content: bytes) -> Answer:
    return lambda connection: connection.sendall(content)


def body(content: bytes) -> Answer:
    return raw(OK + b"\r\n" + content)


def document(value: Any) -> Answer:
    return body(json.dumps(value).encode())


def refusal(status: str, headers: str = "") -> Answer:
    return raw(f"HTTP/1.1 {status}\r\n{headers}Content-Length: 2\r\nConnection: close\r\n\r\nno".encode())


def endless(connection: socket.socket) -> None:
    connection.sendall(OK + b"\r\n")
    while True:
        connection.sendall(b" " * 65536)


def dripping(head: bytes) -> Answer:
    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        connection.settimeout(0.01)
        for _ in range(1000):  # much longer than the deadline, and not for ever if there is none
            connection.sendall(b"x")
            with suppress(TimeoutError):
                if not connection.recv(1):
                    return

    return answer


def silent(connection: socket.socket) -> None:
    connection.recv(1)


def plugin(**fields: Any) -> Answer:
    return document({"plugins": [{"name": "one", "state": "Active", **fields}]})


NO_STATUS = "is not the probe server of an operator: its response is not a status: "
SERVERS: dict[str, tuple[Answer, str]] = {
    "closes at once": (raw(b""), "no operator responds at"),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "no operator responds at"),
    "half an answer": (raw(OK + b'Content-Length: 99\r\n\r\n{"plugins": ['), "no operator responds at"),
    "empty": (body(b""), "its response is empty"),
    "a web page": (body(b"<!doctype html><html></html>"), "its response is a web page"),
    "no JSON": (body(b"ok"), NO_STATUS),
    "no UTF-8": (body(b'{"plugins": [{"name": "\xff"}]}'), NO_STATUS),
    "deep": (body(b"[" * 100_000), NO_STATUS),
    "huge": (endless, "its response has more than 16 MiB"),
    "null": (document(None), NO_STATUS),
    "a list": (document([]), NO_STATUS),
    "another document": (document({"kind": "Status"}), NO_STATUS),
    "plugins as a number": (document({"plugins": 1}), NO_STATUS),
    "a plugin as a text": (document({"plugins": ["one"]}), NO_STATUS),
    "no name": (document({"plugins": [{}]}), NO_STATUS),
    "a name as a list": (plugin(name=[]), NO_STATUS),
    "a state as a list": (plugin(state=[]), NO_STATUS),
    "a digest as a number": (plugin(digest=1), NO_STATUS),
    "controllers as numbers": (plugin(controllers=[1]), NO_STATUS),
    "misbehaving as texts": (plugin(misbehaving=["x"]), NO_STATUS),
    "a stack as a number": (plugin(misbehaving=[{"stack": 1}]), NO_STATUS),
    "permissions as a text": (plugin(missingPermissions="x"), NO_STATUS),
    "permissions without rules": (plugin(missingPermissions=[{"kind": "Role"}]), NO_STATUS),
    "redirects": (refusal("302 Found", "Location: http://127.0.0.1:1/\r\n"), "302 Found to http://127.0.0.1:1/"),
    "401": (refusal("401 Unauthorized"), "it answers 401 Unauthorized"),
    "403": (refusal("403 Forbidden"), "it answers 403 Forbidden"),
    "404": (refusal("404 Not Found"), "it answers 404 Not Found, as the metrics server does"),
    "500": (refusal("500 Internal Server Error"), "it answers 500 Internal Server Error"),
    "hostile reason": (refusal("500 \x9b31m"), "it answers 500"),
    "drips its head": (dripping(b"HTTP/1.1 200 OK\r\nA: "), "does not answer at"),
    "drips its body": (dripping(OK + b"\r\n"), "does not answer at"),
    "is silent": (silent, "does not answer at"),
}


@pytest.mark.parametrize("case", SERVERS)
def test_a_server_that_is_no_operator_is_one_line(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, expected = SERVERS[case]
    is_late = expected.startswith("does not answer")
    monkeypatch.setattr(status_request, "_TIMEOUT_SECONDS", 0.3 if is_late else 60.0)
    with server(answer) as address:
        ended = CliRunner().invoke(group, ["status", "one", "--address", address])
    assert isinstance(ended.exception, SystemExit), ended.exception
    (line,) = ended.stderr.splitlines()
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert expected in line
    assert line.isprintable()


NULLS = {
    "plugins": [
        {
            "name": "one", "state": "Active", "reason": None, "line": None, "controllers": None, "misbehaving": None,
            "failures": None, "digest": None, "missingPermissions": None, "of a later version": {"any": 1},
        }
    ],
    "server": None, "version": None,
}  # fmt: skip


@pytest.mark.parametrize("form", ["table", "json", "yaml"])
def test_fields_of_other_versions_are_no_error(form: str) -> None:
    with server(document(NULLS)) as address:
        ended = CliRunner().invoke(group, ["status", "one", "-o", form, "--address", address])
    assert (ended.exit_code, ended.stderr) == (0, "")
    if form == "json":
        assert json.loads(ended.stdout) == NULLS


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(document({"plugins": []})) as address, server(refusal("500 I am the proxy")) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{proxy}")
        ended = CliRunner().invoke(group, ["status", "--address", address])
    assert ended.exit_code == 0


@pytest.mark.parametrize("address", ["h", ":8081", "h:1/x", "u@h:1", "h:99999", "https://h:1", "h:1?x", "\x1b[31m"])
def test_an_address_of_another_form_is_wrong_usage(address: str) -> None:
    ended = CliRunner().invoke(group, ["status", "--address", address])
    assert ended.exit_code == 2
    assert "write host:port, as in --address 127.0.0.1:8081" in ended.stderr
    assert "\x1b" not in ended.stderr
