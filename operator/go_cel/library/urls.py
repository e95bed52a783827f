"""Web addresses: kube-apiserver's library ``url``, with the parser of Go's ``net/url``."""

import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from go_cel.errors import EvaluationError
from go_cel.library.conversions import Function

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)?:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2}).{0,2}", re.DOTALL)
_USER = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_HOST_CHARACTER = re.compile(r"[^A-Za-z0-9\-_.~!$&'()*+,;=:\[\]<>\"\x80-\U0010ffff]")
_PORT = re.compile(r"(:[0-9]*)?")
_PATH_SAFE = "-_.~$&+,/:;=@!'()*[]"


@dataclass(frozen=True, slots=True)
class Url:
    """A parsed address."""

    text: str
    scheme: str = ""
    host: str = ""
    path: str = ""
    raw_query: str = ""

    type_name = "kubernetes.URL"

    @property
    def hostname(self) -> str:
        """The host without its port and brackets."""
        if self.host.startswith("["):
            return self.host[1:].partition("]")[0]
        return self.host.rpartition(":")[0] if self.port or self.host.endswith(":") else self.host

    @property
    def port(self) -> str:
        """The port, empty if there is none."""
        after = self.host.rpartition("]")[2] if self.host.startswith("[") else self.host
        return after.rpartition(":")[2] if ":" in after else ""

    @property
    def escaped_path(self) -> str:
        """The path as it is sent."""
        plain = unquote_to_bytes(self.path)
        kept = re.fullmatch(rf"(?:[A-Za-z0-9{re.escape(_PATH_SAFE)}]|%[0-9a-fA-F]{{2}})*", self.path)
        return self.path if kept else quote(plain, safe="-_.~$&+,/:;=@")

    @property
    def query(self) -> dict[str, list[str]]:
        """The values by their keys. Parts that cannot be read are left out."""
        found: dict[str, list[str]] = {}
        for part in self.raw_query.split("&"):
            key, _, value = part.partition("=")
            if part and ";" not in part and not _BAD_ESCAPE.search(part):
                found.setdefault(_decoded(key.replace("+", " ")), []).append(_decoded(value.replace("+", " ")))
        return found


def _decoded(text: str) -> str:
    return unquote_to_bytes(text).decode(errors="replace")


class _Unparsed(Exception):
    pass


def parse_url(text: str) -> Url:
    """Return a parsed address.

    Raises:
        EvaluationError: it is none; the message has Go's words.
    """
    try:
        _parse(text, is_request=True)
        shown, hash_mark, fragment = text.partition("#")
        if hash_mark:
            _check_escapes(fragment)
        return _parse(shown, is_request=False)
    except _Unparsed as error:
        quoted = json.dumps(text, ensure_ascii=False)
        raise EvaluationError(f"URL parse error during conversion from string: parse {quoted}: {error}") from None


def request_error(text: str) -> str:
    """Return what is wrong with an absolute address or path in Go's words, empty if nothing is."""
    try:
        _parse(text, is_request=True)
    except _Unparsed as error:
        return f"parse {json.dumps(text, ensure_ascii=False)}: {error}"
    return ""


def _parse(text: str, *, is_request: bool) -> Url:
    if _CONTROL.search(text):
        raise _Unparsed("net/url: invalid control character in URL")
    if not text and is_request:
        raise _Unparsed("empty url")
    if text == "*":
        return Url(text, path="*")
    match = _SCHEME.match(text)
    if match is not None and match[1] is None:
        raise _Unparsed("missing protocol scheme")
    scheme, rest = (match[1].lower(), text[match.end() :]) if match is not None else ("", text)
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return Url(text, scheme, raw_query=query)
        if is_request:
            raise _Unparsed("invalid URI for request")
        if ":" in rest.partition("/")[0]:
            raise _Unparsed("first path segment in URL cannot contain colon")
    host = ""
    if rest.startswith("//") and (scheme or (not is_request and not rest.startswith("///"))):
        authority, slash, path = rest[2:].partition("/")
        host, rest = _host(authority), f"{slash}{path}"
    _check_escapes(rest)
    return Url(text, scheme, host, rest, query)


def _check_escapes(text: str) -> None:
    wrong = _BAD_ESCAPE.search(text)
    if wrong is not None:
        raise _Unparsed(f"invalid URL escape {json.dumps(wrong.group())}")


def _host(authority: str) -> str:
    user, at, host = authority.rpartition("@")
    found = _checked_host(host)
    if at and not _USER.fullmatch(user):
        raise _Unparsed("net/url: invalid userinfo")
    if at:
        _check_escapes(user)
    return found


def _checked_host(host: str) -> str:
    opened = host.rfind("[")
    if opened > 0:
        raise _Unparsed("invalid IP-literal")
    if opened == 0:
        return _literal_host(host)
    _, colon, port = host.partition(":")
    _check_port(f"{colon}{port}")
    return _unescaped_host(host)


def _literal_host(host: str) -> str:
    name, closed, port = host[1:].rpartition("]")
    if not closed:
        raise _Unparsed("missing ']' in host")
    _check_port(port)
    name = _unescaped_host(name.replace("%25", "%", 1) if "%25" in name else name)
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        raise _Unparsed(f"invalid host: ParseAddr({json.dumps(name)}): unable to parse IP") from None
    if address.version == 4:
        raise _Unparsed("invalid IP-literal")
    return f"[{name}]{port}"


def _check_port(port: str) -> None:
    if not _PORT.fullmatch(port):
        raise _Unparsed(f"invalid port {json.dumps(port)} after host")


def _unescaped_host(host: str) -> str:
    for match in re.finditer(r"%(.{0,2})", host):
        if not re.fullmatch(r"[89a-fA-F][0-9a-fA-F]", match[1]):
            raise _Unparsed(f"invalid URL escape {json.dumps(match.group())}")
    wrong = _HOST_CHARACTER.search(host.replace("%", ""))
    if wrong is not None:
        raise _Unparsed(f"invalid character {json.dumps(wrong.group())} in host name")
    return _decoded(host)


def _field(name: str) -> Function:
    def run(url: Any) -> Any:
        return getattr(url, name)

    return run


FUNCTIONS: dict[str, Function] = {
    "url": parse_url,
    "isURL": lambda text: not request_error(text),
    "getScheme": _field("scheme"),
    "getHost": _field("host"),
    "getHostname": _field("hostname"),
    "getPort": _field("port"),
    "getEscapedPath": _field("escaped_path"),
    "getQuery": _field("query"),
}
