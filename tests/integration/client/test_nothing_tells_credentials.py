"""No error, log line, metric or repr of the client tells a credential, whatever is wrong with it or with the server."""

import asyncio
import base64
import contextlib
import io
import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugin_operator import logs
from plugin_operator.client import ApiRequest, Connection, load_connection_config
from plugin_operator.client.credentials.server_url import split_server
from plugin_operator.errors import PluginOperatorError
from plugin_operator.metrics import Metrics

MARK = "MARKER5ecret"
ENCODED = base64.b64encode(f"{MARK}-x".encode()).decode()
API = "client.authentication.k8s.io/v1"


def kubeconfig(user: Any, **cluster: Any) -> str:
    cluster = {"server": "http://127.0.0.1:1", **cluster}
    document = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **document}, sort_keys=False)


def told(error: BaseException) -> str:
    """All that a log line, a traceback or a debugger may show of an error, its causes and their values."""
    shown = ["".join(traceback.format_exception(error))]
    each: BaseException | None = error
    while each is not None:
        shown += [str(each), repr(each), repr(each.args)]
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return "\n".join(shown)


def assert_silent(text: str) -> None:
    for form in (MARK, ENCODED, ENCODED[:12], base64.b64encode(f"u:{MARK}".encode()).decode()[:12]):
        assert form not in text, text


def executed(output: str, **settings: Any) -> dict[str, Any]:
    args = ["-c", f"printf %s '{output}'"]
    return {"exec": {"apiVersion": API, "command": "sh", "args": args, "interactiveMode": "Never", **settings}}


GOOD = kubeconfig({"token": MARK})
BROKEN_FILES = {
    "bad YAML after a token": GOOD + "  : [",
    "bad YAML within a token": GOOD.replace(MARK, f'"{MARK}'),
    "a tab before a token": GOOD.replace("token:", "\ttoken:"),
    "an alias for a token": GOOD.replace(MARK, f"*{MARK}"),
    "a tag for a token": GOOD.replace(MARK, f"!{MARK} x"),
    "a directive": f"%{MARK}\n" + GOOD,
    "a control character after a token": GOOD.replace(MARK, f"{MARK}\x01"),
    "a user that is text": kubeconfig(MARK),
    "a user that is a list": kubeconfig([MARK]),
    "users that are text": GOOD.replace("users:\n- name: u\n  user:\n    token: ", "users: "),
    "users by name": kubeconfig({"token": MARK}).replace("- name: u\n  user:", "- u:"),
    "nothing but a token": MARK,
    "a list of tokens": f"- {MARK}\n",
    "a token as the key": f"? {MARK}\n: [x\n",
    "a token twice": GOOD + f"users:\n  {MARK}: 1\n",
    "impersonation without a user": kubeconfig({"token": MARK, "as-groups": [MARK]}),
    "impersonation of the wrong type": kubeconfig({"token": MARK, "as": "a", "as-user-extra": MARK}),
}
BROKEN_USERS = {
    "a token of two lines": {"token": f"{MARK}\nx"},
    "a token with umlauts": {"token": f"{MARK}ü"},
    "a token that is a mapping": {"token": {MARK: MARK}},
    "a token that is a list": {"token": [MARK]},
    "a token file of two lines": {"tokenFile": "token"},
    "a key file of something else": {"client-key": "token", "client-certificate": "token"},
    "a key that is no base64": {"client-key-data": f"{MARK}!", "client-certificate-data": f"{MARK}!"},
    "a key that is no PEM": {"client-key-data": ENCODED, "client-certificate-data": ENCODED},
    "a password of the wrong type": {"username": "u", "password": [MARK]},
    "a command that is not there": {
        "exec": {"apiVersion": API, "command": "nowhere", "args": [MARK], "env": [{"name": "A", "value": MARK}]}
    },
    "a command that fails": executed(MARK, args=["-c", f"echo {MARK}; exit 3"]),
    "a command that prints a token": executed(MARK),
    "a command that prints half a credential": executed(f'{{"apiVersion": "{API}", "status": {{"token": "{MARK}'),
    "a command that prints a wrong type": executed(
        f'{{"apiVersion": "{API}", "kind": "ExecCredential", "status": {{"token": ["{MARK}"]}}}}'
    ),
    "a command that prints a date that is none": executed(
        f'{{"apiVersion": "{API}", "kind": "ExecCredential", "status": {{"expirationTimestamp": "{MARK}"}}}}'
    ),
    "a command that prints another kind": executed(
        f'{{"apiVersion": "{API}", "kind": "{MARK}", "status": {{"token": "{MARK}"}}}}'
    ),
    "a command that prints a bad token": executed(
        f'{{"apiVersion": "{API}", "kind": "ExecCredential", "status": {{"token": "{MARK} x"}}}}'
    ),
    "a command that prints no key": executed(
        f'{{"apiVersion": "{API}", "kind": "ExecCredential", "status": {{"clientCertificateData": "{MARK}"}}}}'
    ),
    "a command that prints a bad key": executed(
        f'{{"apiVersion": "{API}", "kind": "ExecCredential",'
        f' "status": {{"clientCertificateData": "{MARK}", "clientKeyData": "{MARK}"}}}}'
    ),
    "a command without a version": {"exec": {"command": "sh", "args": [MARK]}},
    "arguments that are text": {"exec": {"apiVersion": API, "command": "sh", "args": MARK}},
    "an environment that is text": {"exec": {"apiVersion": API, "command": "sh", "env": MARK}},
    "an environment of the wrong type": {"exec": {"apiVersion": API, "command": "sh", "env": [{MARK: MARK}]}},
    "an identity provider that is not known": {"auth-provider": {"name": "x", "config": {"client-secret": MARK}}},
    "an identity provider without an address": {
        "auth-provider": {
            "name": "oidc",
            "config": {"client-secret": MARK, "refresh-token": MARK, "id-token": f"{MARK}.x.y", "client-id": "c"},
        }
    },
    "an identity provider that is away": {
        "auth-provider": {
            "name": "oidc",
            "config": {
                "client-secret": MARK, "refresh-token": MARK, "client-id": "c",
                "idp-issuer-url": "http://127.0.0.1:1",
                "id-token": f"{MARK}.eyJleHAiOjF9.y",
            },
        }
    },
    "an old token of an identity provider": {"auth-provider": {"name": "gcp", "config": {"access-token": MARK}}},
}  # fmt: skip
CLUSTERS = {
    "a password in the server": {"server": f"http://u:{MARK}@127.0.0.1:1"},
    "a password in a server with TLS": {"server": f"https://u:{MARK}@127.0.0.1:1"},
    "a password in a server without a port": {"server": f"http://u:{MARK}@127.0.0.1:x"},
    "a password in a server of another scheme": {"server": f"ftp://u:{MARK}@127.0.0.1:1"},
    "a token in the query of the server": {"server": f"http://127.0.0.1:1/?token={MARK}"},
    "a password in a proxy that is away": {"proxy-url": f"http://u:{MARK}@127.0.0.1:1"},
    "a password in a proxy without a scheme": {"proxy-url": f"u:{MARK}@127.0.0.1:1"},
    "a password in a proxy of another scheme": {"proxy-url": f"socks5://u:{MARK}@127.0.0.1:1"},
    "a password in a proxy with a bad port": {"proxy-url": f"http://u:{MARK}@127.0.0.1:x"},
    "a password in a proxy with a huge port": {"proxy-url": f"http://u:{MARK}@127.0.0.1:99999"},
    "a password in a proxy with a bad address": {"proxy-url": f"http://u:{MARK}@[127.0.0.1:1"},
    "a password with a slash in a proxy": {"proxy-url": f"http://u:/{MARK}@127.0.0.1:1"},
    "a password with a hash in a proxy": {"proxy-url": f"http://u:#{MARK}@127.0.0.1:1"},
    "a password with a space in a proxy": {"proxy-url": f"http://u: {MARK}@127.0.0.1:1"},
    "a password with a line in a proxy": {"proxy-url": f"http://u:\n{MARK}@127.0.0.1:1"},
    "a password with a percent in a proxy": {"proxy-url": f"http://u:%zz%{MARK}@127.0.0.1:1"},
    "a password with a colon in a user in a proxy": {"proxy-url": f"http://u%3A:{MARK}@127.0.0.1:1"},
    "an authority that is none": {"certificate-authority-data": ENCODED, "server": "https://127.0.0.1:1"},
    "a namesake of a server": {"tls-server-name": "x", "server": f"https://u:{MARK}@127.0.0.1:1"},
}


@pytest.fixture
def log() -> io.StringIO:
    stream = io.StringIO()
    logs.configure("json", "debug", stream)
    return stream


async def use(path: Path, *, metrics: Metrics | None = None) -> BaseException | None:
    """Read a kubeconfig and send a request; return what was raised, with everything checked that could tell."""
    metrics = metrics or Metrics()
    try:
        config = load_connection_config(str(path))
        assert_silent(repr(config) + config.host + config.source)
        async with Connection.open(config, metrics) as connection:
            assert_silent(connection.host + repr(connection))
            await connection.send(ApiRequest("GET", "/api", timeout_seconds=5))
    except PluginOperatorError as error:
        assert_silent(told(error))
        return error
    finally:
        assert_silent(metrics.render("")[1].decode())
    return None


@pytest.mark.parametrize("name", BROKEN_FILES)
async def test_a_broken_kubeconfig_tells_nothing(tmp_path: Path, log: io.StringIO, name: str) -> None:
    (tmp_path / "config").write_text(BROKEN_FILES[name])
    assert await use(tmp_path / "config") is not None
    assert_silent(log.getvalue())


@pytest.mark.parametrize("name", BROKEN_USERS)
async def test_broken_credentials_tell_nothing(tmp_path: Path, log: io.StringIO, name: str) -> None:
    (tmp_path / "token").write_text(f"{MARK}\n{MARK}")
    (tmp_path / "config").write_text(kubeconfig(BROKEN_USERS[name], server="https://127.0.0.1:1"))
    assert await use(tmp_path / "config") is not None
    assert_silent(log.getvalue())


@pytest.mark.parametrize("name", CLUSTERS)
async def test_addresses_with_passwords_tell_nothing(tmp_path: Path, log: io.StringIO, name: str) -> None:
    (tmp_path / "config").write_text(kubeconfig({"token": "t"}, **CLUSTERS[name]))
    assert await use(tmp_path / "config") is not None
    assert_silent(log.getvalue())


Raw = Callable[[bytes], bytes]


def answer(head: str, body: str = "") -> bytes:
    return f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


def status(message: str) -> str:
    details = {"causes": [{"message": message}]}
    return json.dumps({"kind": "Status", "reason": message, "message": message, "details": details})


ECHOES: dict[str, Raw] = {
    "the request itself": lambda asked: asked,
    "a header that is none": lambda asked: b"HTTP/1.1 200 OK\r\n" + asked + b"\x00\r\n\r\n",
    "a page that refuses": lambda asked: answer("403 Forbidden", asked.decode()),
    "a status that refuses": lambda asked: answer("403 Forbidden", status(asked.decode())),
    "a status for credentials": lambda asked: answer("401 Unauthorized", status(asked.decode())),
    "a redirect": lambda asked: answer(f"302 Found\r\nLocation: /?{one_line(asked)}", asked.decode()),
    "a reason": lambda asked: answer(f"500 {one_line(asked)}"),
    "a warning": lambda asked: answer(f'403 Forbidden\r\nWarning: 299 - "{one_line(asked)}"'),
    "a broken length": lambda asked: f"HTTP/1.1 200 OK\r\nContent-Length: {one_line(asked)}\r\n\r\n".encode(),
    "a broken piece": lambda asked: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + asked + b"\r\n",
    "a demand of a proxy": lambda asked: answer(f"407 Proxy\r\nProxy-Authenticate: {one_line(asked)}", asked.decode()),
    "a wait": lambda asked: answer(f"429 Wait\r\nRetry-After: {one_line(asked)}", status(asked.decode())),
}
USERS = {"token": {"token": f"{MARK}-x"}, "password": {"username": "u", "password": MARK}}


def one_line(asked: bytes) -> str:
    return asked.decode().replace("\r\n", " ")


@pytest.fixture
async def echo() -> AsyncIterator[Callable[[Raw], Awaitable[int]]]:
    """Return what serves answers that are made of the requests, and says at which port."""
    servers = []

    async def start(make: Raw) -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                writer.write(make(await reader.readuntil(b"\r\n\r\n")))
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize("way", ["straight", "through a proxy", "in a tunnel"])
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", ECHOES)
async def test_what_was_sent_and_comes_back_is_not_told(
    tmp_path: Path, log: io.StringIO, echo: Callable[[Raw], Awaitable[int]], name: str, user: str, way: str
) -> None:
    port = await echo(ECHOES[name])
    clusters = {
        "straight": {"server": f"http://127.0.0.1:{port}"},
        "through a proxy": {"server": "http://a.test", "proxy-url": f"http://u:{MARK}@127.0.0.1:{port}"},
        "in a tunnel": {"server": "https://a.test", "proxy-url": f"http://u:{MARK}@127.0.0.1:{port}"},
    }
    (tmp_path / "config").write_text(kubeconfig(USERS[user], **clusters[way]))
    error = await use(tmp_path / "config")
    logs.get_logger("plugin").error("Reconciler error", exc_info=error)
    assert_silent(log.getvalue())


async def test_a_stream_that_breaks_does_not_tell_what_was_sent(
    tmp_path: Path, echo: Callable[[Raw], Awaitable[int]]
) -> None:
    port = await echo(ECHOES["a broken piece"])
    (tmp_path / "config").write_text(kubeconfig(USERS["token"], server=f"http://127.0.0.1:{port}"))
    config = load_connection_config(str(tmp_path / "config"))
    async with Connection.open(config, Metrics()) as connection:
        with pytest.raises(PluginOperatorError) as raised:
            async with connection.stream(ApiRequest("GET", "/api", timeout_seconds=5)) as stream:
                await stream.read()
    assert_silent(told(raised.value))


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_password_in_the_address_of_a_server_is_sent_as_kubectl_sends_it(scheme: str) -> None:
    asked = f"{scheme}://us%20er:pass%3Aw%C3%B6rd@127.0.0.1:1/path"
    assert split_server(asked) == (
        f"{scheme}://127.0.0.1:1/path",
        f"Basic {base64.b64encode('us er:pass:wörd'.encode()).decode()}",
    )
    assert split_server(f"{scheme}://[::1]:6443") == (f"{scheme}://[::1]:6443", None)


async def test_a_token_comes_before_the_password_of_an_address(
    tmp_path: Path, echo: Callable[[Raw], Awaitable[int]]
) -> None:
    asked: list[bytes] = []

    def noted(request: bytes) -> bytes:
        asked.append(request)
        return answer("200 OK", "{}")

    port = await echo(noted)
    for user in ({}, {"token": "t"}):
        (tmp_path / "config").write_text(kubeconfig(user, server=f"http://u:p@127.0.0.1:{port}"))
        assert await use(tmp_path / "config") is None
    assert [b"Basic dTpw" in each for each in asked] == [True, False]
    assert b"Bearer t" in asked[1]
