"""Which proxy the environment names for a server, and for which it names none: the rules of Go's httpproxy."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_operator.client import load_connection_config
from plugin_operator.client.credentials.proxies import environment_proxy, proxy_for
from plugin_operator.errors import ConfigError


@pytest.mark.parametrize(
    ("environment", "url", "expected"),
    [
        ({"HTTP_PROXY": "10.9.8.7:3128"}, "http://server.test", "http://10.9.8.7:3128"),
        ({"HTTP_PROXY": "cache.test:3128"}, "http://server.test", "http://cache.test:3128"),
        ({"HTTP_PROXY": "cache.test"}, "http://server.test", "http://cache.test"),
        ({"HTTP_PROXY": "cache"}, "http://server.test", "http://cache"),
        ({"HTTP_PROXY": "https://cache.test"}, "http://server.test", "https://cache.test"),
        ({"HTTP_PROXY": "socks5://cache.test"}, "http://server.test", "socks5://cache.test"),
        ({"HTTP_PROXY": "odd://cache.test"}, "http://server.test", "odd://cache.test"),
        ({"HTTP_PROXY": "plain", "HTTPS_PROXY": "secure"}, "http://server.test", "http://plain"),
        ({"HTTP_PROXY": "plain", "HTTPS_PROXY": "secure"}, "https://server.test", "http://secure"),
        ({"HTTP_PROXY": "plain"}, "https://server.test", None),
        ({"HTTPS_PROXY": "secure"}, "http://server.test", None),
        ({"HTTP_PROXY": "plain"}, "ftp://server.test", None),
        ({"http_proxy": "lower"}, "http://server.test", "http://lower"),
        ({"https_proxy": "lower"}, "https://server.test", "http://lower"),
        ({"HTTPS_PROXY": "upper", "https_proxy": "lower"}, "https://server.test", "http://upper"),
        ({"HTTPS_PROXY": "", "https_proxy": "lower"}, "https://server.test", "http://lower"),
        ({"HTTPS_PROXY": "p", "NO_PROXY": "server.test", "no_proxy": "x"}, "https://server.test", None),
        ({"HTTPS_PROXY": "p", "no_proxy": "server.test"}, "https://server.test", None),
        ({"HTTP_PROXY": "p", "REQUEST_METHOD": "GET"}, "http://server.test", None),
        ({"HTTPS_PROXY": "p", "REQUEST_METHOD": "GET"}, "https://server.test", "http://p"),
        ({"ALL_PROXY": "p"}, "https://server.test", None),
        ({}, "https://server.test", None),
    ],
)
def test_the_environment_names_a_proxy_by_the_scheme(
    environment: dict[str, str], url: str, expected: str | None
) -> None:
    assert environment_proxy(url, environment) == expected


IP6 = "[2001:db8::1]"
EXEMPT, PROXIED = True, False

TABLE = [
    # never through a proxy
    ("", "https://localhost:6443", EXEMPT),
    ("", "https://127.0.0.1", EXEMPT),
    ("", "https://127.3.2.1:6443", EXEMPT),
    ("", "https://[::1]:6443", EXEMPT),
    ("", "https://[::2]:6443", PROXIED),
    ("", "https://localhost.test", PROXIED),
    ("", "https://local.localhost", PROXIED),
    # everything
    ("*", "https://server.test:6443", EXEMPT),
    ("*", "https://10.0.0.1", EXEMPT),
    ("a.test, * ,b.test", "https://server.test", EXEMPT),
    # addresses
    ("10.0.0.1", "https://10.0.0.1", EXEMPT),
    ("10.0.0.1", "https://10.0.0.1:6443", EXEMPT),
    ("10.0.0.1", "https://10.0.0.2", PROXIED),
    ("10.0.0.1", "https://[::ffff:10.0.0.1]", EXEMPT),
    ("::ffff:10.0.0.1", "https://10.0.0.1", EXEMPT),
    ("10.0.0.0/8", "https://[::ffff:10.0.0.1]:6443", EXEMPT),
    ("other", "https://[::ffff:127.0.0.1]", EXEMPT),
    ("10.0.0.1:6443", "https://10.0.0.1:6443", EXEMPT),
    ("10.0.0.1:6443", "https://10.0.0.1", PROXIED),
    ("10.0.0.1:443", "https://10.0.0.1", EXEMPT),
    ("2001:db8::1", f"https://{IP6}", EXEMPT),
    ("2001:db8::1", f"https://{IP6}:6443", EXEMPT),
    ("2001:DB8:0::1", f"https://{IP6}:6443", EXEMPT),
    ("2001:db8::2", f"https://{IP6}", PROXIED),
    (f"{IP6}:6443", f"https://{IP6}:6443", EXEMPT),
    (f"{IP6}:6443", f"https://{IP6}", PROXIED),
    (f"{IP6}:443", f"https://{IP6}", EXEMPT),
    # ranges
    ("10.0.0.0/8", "https://10.1.2.3:6443", EXEMPT),
    ("10.0.0.0/30", "https://10.0.0.2", EXEMPT),
    ("10.0.0.0/30", "https://10.0.0.4", PROXIED),
    ("10.0.0.3/30", "https://10.0.0.1", EXEMPT),
    ("10.0.0.0/33", "https://10.0.0.1", PROXIED),
    ("10.0.0.0/255.0.0.0", "https://10.0.0.1", PROXIED),
    ("2001:db8:a::45/64", "https://[2001:db8:a::123]", EXEMPT),
    ("2001:db8:a::45/64", "https://[2001:db8:b::123]", PROXIED),
    ("0.0.0.0/0", f"https://{IP6}", PROXIED),
    # names
    ("corp.test", "https://corp.test:6443", EXEMPT),
    ("corp.test", "https://api.corp.test", EXEMPT),
    ("corp.test", "https://acorp.test", PROXIED),
    ("orp.test", "https://corp.test", PROXIED),
    (".corp.test", "https://corp.test", PROXIED),
    (".corp.test", "https://api.corp.test", EXEMPT),
    ("*.corp.test", "https://corp.test", PROXIED),
    ("*.corp.test", "https://api.corp.test", EXEMPT),
    ("*.corp.test", "https://a.b.corp.test", EXEMPT),
    ("*.corp.test", "https://acorp.test", PROXIED),
    ("*corp.test", "https://acorp.test", PROXIED),
    ("*.svc", "https://kubernetes.default.svc", EXEMPT),
    (".svc", "https://kubernetes.default.svc", EXEMPT),
    (".svc", "https://kubernetes.default.svc.cluster.local", PROXIED),
    ("CORP.test", "https://api.corp.TEST", EXEMPT),
    ("corp.test", "https://test", PROXIED),
    # names with ports
    ("corp.test:443", "https://corp.test", EXEMPT),
    ("corp.test:443", "https://corp.test:6443", PROXIED),
    ("corp.test:6443", "https://corp.test:6443", EXEMPT),
    ("corp.test:6443", "https://api.corp.test:6443", EXEMPT),
    (".corp.test:6443", "https://api.corp.test:6443", EXEMPT),
    (".corp.test:6443", "https://api.corp.test", PROXIED),
    ("*.corp.test:6443", "https://api.corp.test:6443", EXEMPT),
    ("corp.test:", "https://corp.test:6443", EXEMPT),
    # lists, and entries without sense
    (" a.test , corp.test ", "https://corp.test", EXEMPT),
    (",,", "https://corp.test", PROXIED),
    (":1", "https://corp.test:1", PROXIED),
    ("*.", "https://corp.test", PROXIED),
    ("/", "https://corp.test", PROXIED),
    ("[", "https://corp.test", PROXIED),
    # other alphabets, however they are written
    (".bücher.test", "https://www.bücher.test", EXEMPT),
    ("bücher.test", "https://www.xn--bcher-kva.test", EXEMPT),
    ("xn--bcher-kva.test", "https://www.bücher.test", EXEMPT),
    # the zone of an address is no name
    ("corp.test", "https://[fd00::1%25.corp.test]:6443", PROXIED),
]


@pytest.mark.parametrize(("no_proxy", "url", "exempt"), TABLE)
def test_servers_are_exempt_as_for_kubectl(no_proxy: str, url: str, exempt: bool) -> None:
    environment = {"HTTPS_PROXY": "proxy.test", "NO_PROXY": no_proxy}
    assert environment_proxy(url, environment) == (None if exempt else "http://proxy.test")


@given(st.text(), st.sampled_from(["https://10.0.0.1:6443", "https://corp.test", f"https://{IP6}"]))
def test_any_text_may_be_in_the_list(no_proxy: str, url: str) -> None:
    environment_proxy(url, {"HTTPS_PROXY": "p", "NO_PROXY": no_proxy})


@pytest.mark.parametrize("proxy", ["socks5://p:1", "odd://p", "ftp://user:secret@p"])
async def test_a_proxy_that_is_not_for_http_is_refused_without_showing_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    cluster = {"server": "https://10.0.0.1", "proxy-url": proxy, "insecure-skip-tls-verify": True}
    path = tmp_path / "kubeconfig"
    path.write_text(
        json.dumps(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c"}}],
                "clusters": [{"name": "c", "cluster": cluster}],
                "users": [],
            }
        )
    )
    with pytest.raises(ConfigError, match=r"proxy-url of the kubeconfig names a .* only http and https") as caught:
        await load_connection_config(str(path)).access.current()
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigError, match="the environment names a"):
        proxy_for("https://10.0.0.1", None)


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("user:secret@p:1", "a proxy without a scheme"),
        ("http://", "has no host"),
        ("http://user:secret@p:x", "port"),
        ("http://user:secret@[p", "has no host"),
    ],
)
def test_a_proxy_that_is_no_url_is_refused_without_showing_its_password(proxy: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        proxy_for("https://10.0.0.1", proxy)
    assert "secret" not in str(caught.value)


def test_the_kubeconfigs_proxy_rules_out_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://environment")
    monkeypatch.setenv("NO_PROXY", "*")
    assert proxy_for("https://10.0.0.1", "http://kubeconfig") == "http://kubeconfig"
    assert proxy_for("https://10.0.0.1", None) is None
