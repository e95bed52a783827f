"""Select the proxy for an API server.

The rules are those of Go's ``golang.org/x/net/http/httpproxy``, and so of kubectl: ``HTTPS_PROXY`` or ``HTTP_PROXY``,
by the scheme of the server, and ``NO_PROXY``, a list of

- ``*``: no proxy for any server;
- addresses, with or without a port (``10.0.0.1``, ``10.0.0.1:6443``, ``2001:db8::1``, ``[2001:db8::1]:6443``);
- ranges (``10.0.0.0/8``);
- names, with or without a port: ``example.com`` includes its subdomains; ``.example.com`` and ``*.example.com``
  stand for the subdomains only.

Variables in upper case take precedence. Loopback addresses and ``localhost`` never use a proxy.
"""

import os
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from plugin_operator.errors import ConfigError

Address: TypeAlias = IPv4Address | IPv6Address
Exempts: TypeAlias = Callable[[str, Address | None, str], bool]

_PORTS = {"http": "80", "https": "443"}


def proxy_for(url: str, configured: str | None) -> str | None:
    """Return the proxy for the server at ``url``, or None.

    Args:
        url: URL of the server.
        configured: ``proxy-url`` of the kubeconfig; takes precedence over the environment.

    Raises:
        ConfigError: the proxy is not an HTTP or HTTPS proxy.
    """
    proxy = configured or environment_proxy(url)
    if proxy is not None:
        origin = "proxy-url of the kubeconfig" if configured else "the environment"
        scheme, separator, _ = proxy.partition("://")
        if not separator or scheme not in _PORTS:
            # Without a scheme, the part in its place may be a password.
            kind = f"a {scheme} proxy" if separator else "a proxy without a scheme"
            raise ConfigError(f"{origin} names {kind}: only http and https proxies can be used")
        if not _has_address(proxy):
            raise ConfigError(f"{origin} names a proxy that has no host, or whose port is no number up to 65535")
    return proxy


def _has_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port >= 0)
    except ValueError:
        return False


def environment_proxy(url: str, environment: Mapping[str, str] | None = None) -> str | None:
    """Return the proxy for ``url`` from the environment, or None."""
    variables = os.environ if environment is None else environment
    parts = urlsplit(url)
    if parts.scheme == "http" and variables.get("REQUEST_METHOD"):
        return None  # the client of a CGI program sets HTTP_PROXY
    proxy = (
        _any_of(variables, f"{parts.scheme.upper()}_PROXY", f"{parts.scheme}_proxy") if parts.scheme in _PORTS else ""
    )
    if not proxy or _is_exempt(parts, _any_of(variables, "NO_PROXY", "no_proxy")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _any_of(variables: Mapping[str, str], *names: str) -> str:
    return next((variables[name] for name in names if variables.get(name)), "")


def _is_exempt(server: SplitResult, no_proxy: str) -> bool:
    host = _ascii((server.hostname or "").replace("%25", "%"))
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    try:
        port = str(server.port or _PORTS[server.scheme])
    except ValueError:
        return False
    entries = [entry.strip().lower() for entry in no_proxy.split(",")]
    return "*" in entries or any(_exemption(entry)(host, address, port) for entry in entries)


def _exemption(entry: str) -> Exempts:
    prefix, slash, length = entry.partition("/")
    if slash and length.isdecimal() and _address(prefix) is not None:
        try:
            network = ip_network(entry, strict=False)
        except ValueError:
            return _nothing
        return lambda _host, address, _port: address is not None and address in network
    name, port = _split_port(entry)
    wanted = _address(name)
    if wanted is not None:
        return lambda _host, address, at: address == wanted and port in {"", at}
    if not name:
        return _nothing
    name = _ascii(name.removeprefix("*") if name.startswith("*.") else name)
    suffix = name if name.startswith(".") else f".{name}"

    def covers(host: str, address: Address | None, at: str) -> bool:
        # The zone of an IPv6 address may look like a domain.
        return address is None and port in {"", at} and (host == name or host.endswith(suffix))

    return covers


def _nothing(_host: str, _address: Address | None, _port: str) -> bool:
    return False


def _split_port(entry: str) -> tuple[str, str]:
    """Split ``name:port`` and ``[address]:port``; a bare IPv6 address has more colons and no port."""
    name, colon, port = entry.rpartition(":")
    if not colon:
        return entry, ""
    if name.startswith("[") and name.endswith("]"):
        return name[1:-1], port
    return (entry, "") if ":" in name else (name, port)


def _address(host: str) -> Address | None:
    try:
        found = ip_address(host)
    except ValueError:
        return None
    # An IPv4-mapped IPv6 address equals the IPv4 address.
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _ascii(name: str) -> str:
    """Return a name in IDNA form, so that both forms of a name are equal."""
    if name.isascii():
        return name
    dot = "." if name.startswith(".") else ""
    try:
        return dot + name.removeprefix(".").encode("idna").decode()
    except UnicodeError:
        return name
