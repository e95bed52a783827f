"""Where the configuration comes from, and what is said when it comes from nowhere."""

import base64
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plugin_operator.certificates import make_authority
from plugin_operator.client import config as config_module
from plugin_operator.client import load_connection_config
from plugin_operator.client.credentials.kubeconfig_loader import LoadedConfiguration
from plugin_operator.errors import ConfigError

OPERATOR = Path(config_module.__file__).parents[2]
PEM = make_authority(datetime.now(UTC)).certificate_pem

FIELDS = {
    "context": ("cluster", "user", "namespace"),
    "cluster": (
        *("server", "certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify", "proxy-url"),
        "tls-server-name",
    ),
    "user": (
        *("token", "tokenFile", "username", "password", "client-certificate", "client-certificate-data", "client-key"),
        *("client-key-data", "exec", "auth-provider", "as", "as-uid", "as-groups", "as-user-extra"),
    ),
}
#: Messages quote names of entries and of files.
NAMES = ("cluster", "user", "certificate-authority", "client-certificate", "client-key", "tokenFile")


def as_cluster(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a cluster whose names are no identifiers, for ``kubeconfig``."""
    return fields


def kubeconfig(
    path: Path,
    *,
    server: str = "http://a.example:1",
    user: dict[str, Any] | None = None,
    namespace: str | None = None,
    name: str = "one",
    **cluster: Any,
) -> str:
    context = {"cluster": "c", "user": "u", **({"namespace": namespace} if namespace else {})}
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": name,
                "contexts": [{"name": name, "context": context}],
                "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
                "users": [{"name": "u", "user": user or {}}],
            }
        )
    )
    return str(path)


async def test_the_flag_wins_over_everything(tmp_path: Path) -> None:
    flagged = kubeconfig(tmp_path / "flag", user={"token": "t"}, namespace="mine")
    environ = {"KUBECONFIG": "/none", "KUBERNETES_SERVICE_HOST": "x", "HOME": str(tmp_path)}
    config = load_connection_config(flagged, None, environ=environ)
    access = await config.access.current()
    assert (config.host, config.namespace) == ("http://a.example:1", "mine")
    assert (access.host, access.authorization) == ("http://a.example:1", "Bearer t")
    assert "t" not in repr(access).replace("host", "").replace("http", "")
    assert "--kubeconfig" in config.source


def test_the_environment_wins_over_the_home_and_may_name_several_files(tmp_path: Path) -> None:
    one = kubeconfig(tmp_path / "one", server="http://one:1")
    two = kubeconfig(tmp_path / "two", server="http://two:1", name="two")
    (tmp_path / ".kube").mkdir()
    kubeconfig(tmp_path / ".kube" / "config", server="http://home:1", name="home")
    environ = {"KUBECONFIG": f"/none:{one}:{two}", "HOME": str(tmp_path)}
    assert load_connection_config(None, None, environ=environ).host == "http://one:1"
    assert load_connection_config(None, "home", environ={"HOME": str(tmp_path)}).host == "http://home:1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not valid YAML"),
        ("", "is empty: kubectl config view"),
        ("# nothing yet", "is empty"),
        ("{}", "is empty"),
        ("apiVersion: v1", "no current-context: choose one with --context; it has: none"),
        ("contexts: [{name: a}, {name: b}]", "no current-context: choose one with --context; it has: a, b"),
        ("[]", "it is no kubeconfig, which has clusters, contexts, users"),
        ("abc", "it is no kubeconfig"),
        ("clusters: {}", "clusters is no list"),
        ("users: [1]", r"users\[0\] has no name"),
        ("users: [{name: me, user: secret}]", r"users\[0\].user has no fields"),
        ("current-context: x\ncontexts: []", 'no context "x", its current-context; it has: none'),
        ("current-context: x\ncontexts: [{name: x}]", "the context 'x' names no cluster"),
        (
            "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]",
            "no cluster 'c', which the context 'x' names",
        ),
        (
            "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c}]",
            "the cluster 'c' has no server",
        ),
    ],
)
def test_a_kubeconfig_that_makes_no_sense_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "bad"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message) as caught:
        load_connection_config(str(path))
    assert str(path) in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("first", ["", "# nothing yet", "current-context: ''", None])
def test_of_several_files_an_empty_one_does_not_count(tmp_path: Path, first: str | None) -> None:
    one, two = tmp_path / "one", kubeconfig(tmp_path / "two", server="http://two:1")
    if first is not None:
        one.write_text(first)
    assert load_connection_config(environ={"KUBECONFIG": f"{one}:{two}"}).host == "http://two:1"


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_of_several_files_the_first_current_context_wins_as_for_kubectl(tmp_path: Path, order: tuple[str, str]) -> None:
    paths = ":".join(kubeconfig(tmp_path / each, name=each, namespace=each) for each in order)
    assert load_connection_config(environ={"KUBECONFIG": paths}).namespace == order[0]


async def error_of(path: Path) -> str:
    try:
        await load_connection_config(str(path), environ={}).access.current()
    except ConfigError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("junk", [5, True, "secret", ["secret"], [["secret"]], {"secret": "secret"}, None])
@pytest.mark.parametrize("section", ["cluster", "user", "context"])
async def test_a_field_of_another_type_is_a_configuration_error_that_quotes_no_value(
    tmp_path: Path, section: str, junk: object
) -> None:
    for field in FIELDS[section]:
        parts: dict[str, dict[str, object]] = {
            "cluster": {"server": "https://a.example"},
            "user": {"token": "abc"} if field.startswith("as") else {},
            "context": {"cluster": "c", "user": "c"},
        }
        parts[section][field] = junk
        document = {f"{part}s": [{"name": "c", part: content}] for part, content in parts.items()}
        path = tmp_path / field
        path.write_text(json.dumps({**document, "current-context": "c"}))
        error = await error_of(path)
        if error and not (junk == "secret" and field in NAMES):
            assert "secret" not in error, field


def test_a_missing_file_or_context_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_connection_config(str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="nowhere"):
        load_connection_config(kubeconfig(tmp_path / "k"), "nowhere")


def test_nothing_at_all_says_what_was_tried(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_connection_config(environ={"HOME": str(tmp_path)})
    for word in ("--kubeconfig", "$KUBECONFIG", "$KUBERNETES_SERVICE_HOST", ".kube/config"):
        assert word in str(caught.value)


async def test_a_server_that_is_no_url_is_refused(tmp_path: Path) -> None:
    config = load_connection_config(kubeconfig(tmp_path / "k", server="ftp://x"))
    with pytest.raises(ConfigError, match="ftp://x"):
        await config.access.current()


async def test_tls_settings_are_taken_over(tmp_path: Path) -> None:
    ca = base64.b64encode(PEM).decode()
    path = kubeconfig(
        tmp_path / "k",
        server="https://x",
        **as_cluster({"certificate-authority-data": ca, "tls-server-name": "n", "proxy-url": "http://p"}),
    )
    access = await load_connection_config(path).access.current()
    assert access.tls.ca_pem == PEM
    assert (access.tls.server_name, access.tls.verify, access.proxy) == ("n", True, "http://p")
    insecure = kubeconfig(tmp_path / "k", server="https://x", **as_cluster({"insecure-skip-tls-verify": True}))
    assert (await load_connection_config(insecure).access.current()).tls.verify is False


async def test_a_command_gives_credentials_and_is_asked_again_once_they_are_refused(tmp_path: Path) -> None:
    count = tmp_path / "count"
    script = tmp_path / "login"
    script.write_text(
        f'#!/bin/sh\necho x >> {count}\nprintf \'{{"apiVersion":"client.authentication.k8s.io/v1",\'\n'
        f'printf \'"kind":"ExecCredential","status":{{"token":"%s"}}}}\' "$(wc -l < {count} | tr -d " ")"\n'
    )
    script.chmod(0o700)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script)}}
    source = load_connection_config(kubeconfig(tmp_path / "k", user=user)).access
    first = await source.current()
    assert first.authorization == "Bearer 1"
    assert await source.current() is first
    second = await source.renew(first)
    assert second.authorization == "Bearer 2"
    assert await source.renew(first) is second  # somebody else was quicker


async def test_a_user_that_acts_as_another_says_so_in_every_request(tmp_path: Path) -> None:
    user = {"token": "t", "as": "jane", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": {"Scopes/x": ["s"]}}
    access = await load_connection_config(kubeconfig(tmp_path / "k", user=user)).access.current()
    assert access.impersonation == (
        ("Impersonate-User", "jane"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-scopes%2Fx", "s"),
    )
    with pytest.raises(ConfigError, match="needs 'as'"):
        load_connection_config(kubeconfig(tmp_path / "k", user={"as-groups": ["a"]}))


async def test_a_command_that_fails_is_a_configuration_error(tmp_path: Path) -> None:
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "false"}}
    source = load_connection_config(kubeconfig(tmp_path / "k", user=user)).access
    with pytest.raises(ConfigError, match="usable credentials: the credentials command 'false' ended with status 1"):
        await source.current()


def test_a_pod_without_its_service_account_says_so() -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": ""}
    with pytest.raises(ConfigError, match="service account"):
        load_connection_config(environ=environ)


def test_the_configuration_library_is_used_without_its_models() -> None:
    code = (
        "import sys; from plugin_operator.client.credentials import kubeconfig_loader as c; c.kube_config();"
        "assert not [m for m in sys.modules if m.startswith('kubernetes_asyncio')];"
        "import kubernetes_asyncio; assert kubernetes_asyncio.config.kube_config is not c.kube_config();"
        "assert kubernetes_asyncio.client.V1ConfigMap"
    )
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], check=True, env={"PYTHONPATH": str(OPERATOR)}, timeout=60
    )


def test_what_the_loaders_fill_has_the_defaults_of_the_library() -> None:
    from kubernetes_asyncio.client import Configuration

    real, ours = Configuration(), LoadedConfiguration()
    for name in (
        "ssl_ca_cert",
        "cert_file",
        "key_file",
        "verify_ssl",
        "tls_server_name",
        "proxy",
        "refresh_api_key_hook",
    ):
        assert getattr(ours, name) == getattr(real, name)


WHOLE = """apiVersion: v1
clusters:
- cluster:
    server: http://127.0.0.1:1
  name: c
contexts:
- context:
    cluster: c
    user: me
  name: ctx
current-context: ctx
kind: Config
users:
- name: me
  user:
    token: abcdefghij
"""


@pytest.mark.parametrize("several", [False, True], ids=["one file", "several files"])
async def test_of_a_kubeconfig_that_is_half_written_the_last_good_credentials_serve(
    tmp_path: Path, several: bool
) -> None:
    path, users = tmp_path / "kubeconfig", tmp_path / "users"
    head, _, tail = WHOLE.partition("users:")
    path.write_text(head if several else WHOLE)
    users.write_text("users:" + tail)
    paths = f"{path}:{users}" if several else str(path)
    access = load_connection_config(paths, environ={}).access
    good = await access.current()
    assert good.authorization == "Bearer abcdefghij"
    cut, whole = (users, "users:" + tail) if several else (path, WHOLE)
    for size in range(whole.index("token:") + len("token: ")):  # a token that is cut shows at the server's 401
        cut.write_text(whole[:size])
        assert (await access.reread(good)).authorization == "Bearer abcdefghij", whole[:size]
    if several:
        users.unlink()
        assert (await access.reread(good)).authorization == "Bearer abcdefghij"
    cut.write_text(whole.replace("abcdefghij", "new"))
    assert (await access.reread(good)).authorization == "Bearer new"


def test_a_context_whose_user_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(WHOLE.replace("- name: me", "- name: you"))
    with pytest.raises(ConfigError, match="no user 'me'"):
        load_connection_config(str(path), environ={})


async def test_a_relative_kubeconfig_is_read_again_where_it_was_whatever_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconfig(tmp_path / "config", user={"token": "old"})
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    config = load_connection_config("config", None, environ={})
    os.chdir(tmp_path / "elsewhere")
    kubeconfig(tmp_path / "config", user={"token": "new"})
    await config.access.renew(await config.access.current())
    assert (await config.access.current()).authorization == "Bearer new"
