"""Split the URL of a server into address and credentials.

Logs, errors, metrics and traces contain the address; they must not contain a password.
"""

import base64
import re
from urllib.parse import unquote, urlsplit

_PARTS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?:(?P<user>[^/?#]*)@)?(?P<rest>.*)", re.DOTALL)


def split_server(url: str) -> tuple[str, str | None]:
    """Return the URL without user and password, and the ``Authorization`` header for these.

    Go's HTTP client, and so kubectl, sends the same header.

    Raises:
        ValueError: the URL is not valid; the message does not quote it, because it may contain a password.
    """
    found = _PARTS.fullmatch(url.strip())
    if found is None:
        raise ValueError("the cluster's server is no URL, which begins with http:// or https://")
    address = found["scheme"] + found["rest"]
    if "@" in found["rest"]:
        raise ValueError("the cluster's server has an @ in its path: in a password, write %2F for / and so on")
    if "?" in address or "#" in address:
        raise ValueError("the cluster's server has a query or a fragment, which no server's URL has")
    try:
        _ = urlsplit(address).port
    except ValueError:
        raise ValueError(f"the cluster's server {address!r} has a port that is no number from 0 to 65535") from None
    if found["user"] is None:
        return address, None
    name, _, password = found["user"].partition(":")
    pair = f"{unquote(name)}:{unquote(password)}".encode("utf-8", "surrogateescape")
    return address, f"Basic {base64.b64encode(pair).decode()}"
