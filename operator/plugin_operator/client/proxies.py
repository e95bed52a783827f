"""Whether a proxy from the environment stands between us and the API server.

Follows kubectl: HTTPS_PROXY or HTTP_PROXY, and NO_PROXY with ``*``, host names that cover their subdomains, addresses
and CIDR ranges; the standard library knows all but the last, which clusters use most.
"""

import ipaddress
import os
from urllib.parse import urlsplit
from urllib.request import getproxies_environment


def environment_proxy(url: str) -> str | None:
    """Return the proxy to use for ``url``, or None."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = getproxies_environment().get(parts.scheme)
    if not proxy or _is_local(host) or _is_excepted(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_local(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _is_excepted(host: str) -> bool:
    exceptions = (os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "").lower().split(",")
    return any(_covers(exception.strip(), host) for exception in exceptions)


def _covers(exception: str, host: str) -> bool:
    if exception == "*":
        return True
    address = _address(host)
    if address is not None:
        try:
            return address in ipaddress.ip_network(exception, strict=False)
        except ValueError:
            return False
    suffix = exception.partition(":")[0].lstrip(".")
    return bool(suffix) and (host == suffix or host.endswith(f".{suffix}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
