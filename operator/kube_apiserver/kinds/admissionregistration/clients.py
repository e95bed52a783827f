"""Validation of the addresses of webhooks: a URL or a Service."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from kube_apiserver.schema import Cause, is_dns1123_subdomain, messages
from kube_apiserver.strategies import Object
from kube_apiserver.validation.ports import port_number_problems

_FORM = "; desired format: https://host[/path]"


def client_causes(client: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``clientConfig``."""
    url, service = client.get("url"), client.get("service")
    if (url is None) == (service is None):
        yield messages.required(path, "exactly one of url or service is required")
    elif url is not None:
        yield from _url(url, f"{path}.url")
    elif service is not None:
        yield from _service(service, f"{path}.service")


def _url(url: str, path: str) -> Iterator[Cause]:
    if problem := _parse_problem(url):
        yield messages.required(path, f"url must be a valid URL: parse {messages.shown(url)}: {problem}{_FORM}")
        return
    parts = urlsplit(url)
    if parts.scheme != "https":
        yield messages.invalid(path, parts.scheme, f"'https' is the only allowed URL scheme{_FORM}")
    user, at, host = parts.netloc.rpartition("@")
    if not host:
        yield messages.invalid(path, "", f"host must be specified{_FORM}")
    if at:
        yield messages.invalid(path, user, "user information is not permitted in the URL")
    for value, what in ((parts.fragment, "fragments are"), (parts.query, "query parameters are")):
        if value:
            yield messages.invalid(path, value, f"{what} not permitted in the URL")


def _parse_problem(url: str) -> str:
    """Return why Go cannot parse a URL, for the reasons that are likely."""
    head = url.partition("/")[0]
    if url.startswith(":"):
        return "missing protocol scheme"
    if ":" in head and not head.partition(":")[0].replace("+", "").replace("-", "").replace(".", "").isalnum():
        return "first path segment in URL cannot contain colon"
    return ""


def _service(service: Object, path: str) -> Iterator[Cause]:
    # kube-apiserver swaps name and namespace when it calls its validation.
    for name in ("namespace", "name"):
        if not service.get(name):
            other = "name" if name == "namespace" else "namespace"
            yield messages.required(f"{path}.{other}")
    port = 443 if service.get("port") is None else service["port"]
    if problems := port_number_problems(port):
        yield messages.invalid(f"{path}.port", port, f"port is not valid: {', '.join(problems)}")
    yield from _path(service.get("path") or "", f"{path}.path")


def _path(text: str, path: str) -> Iterator[Cause]:
    if text in ("", "/"):
        return
    if text == "//":
        yield messages.invalid(path, text, "segment[0] may not be empty")
        return
    if not text.startswith("/"):
        yield messages.invalid(path, text, "must start with a '/'")
    for position, step in enumerate(text[1:].removesuffix("/").split("/")):
        if not step:
            yield messages.invalid(path, text, f"segment[{position}] may not be empty")
            continue
        yield from (messages.invalid(path, text, f"segment[{position}]: {why}") for why in is_dns1123_subdomain(step))
