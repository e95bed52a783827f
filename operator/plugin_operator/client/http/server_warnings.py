"""Warnings of the API server (``Warning: 299 - "…"``): deprecated versions, unknown fields, policy violations.

Each text is logged once per controller, with the object of the request, like client-go's deduplicating warning writer.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from plugin_operator import logs
from plugin_operator.client.http.answer import Headers
from plugin_operator.client.http.api_request import ApiRequest
from plugin_operator.client.http.request_path import object_of

_log = logs.get_logger(__name__)

_REMEMBERED = 1024
_MOST_IN_AN_ANSWER = 16
_MAX_CHARACTERS = 1024
_WARNING = re.compile(r'(\d{3}) (\S+) "((?:[^"\\]|\\.)*)"(?: "[^"]*")?')


class ServerWarnings:
    """Logs the warnings of one API server; remembers the last 1,024 different ones."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def log(self, headers: Iterable[str], request: ApiRequest) -> None:
        """Log the new texts in the ``Warning`` headers of one response.

        Args:
            headers: values of the headers.
            request: the request, for the log fields of object and caller.
        """
        about = request.about or {}
        for text in _texts(headers):
            key = (about.get("controller", ""), text)
            if key in self._known:
                self._known.move_to_end(key)
                continue
            self._known[key] = None
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            _log.warning("API server warns", warning=text, **{**object_of(request.path), **about})


def warnings_in(headers: Mapping[str, str]) -> list[str]:
    """Return the warnings in the headers of a response, of which there may be several."""
    return list(_texts(cast("Headers", headers).getall("Warning"))) if "Warning" in headers else []


def _texts(headers: Iterable[str]) -> Iterator[str]:
    """Yield the texts of warnings with code 299, the only code the API server uses; long texts are truncated."""
    left = _MOST_IN_AN_ANSWER
    for header in headers:
        for code, _agent, quoted in _WARNING.findall(header):
            if code == "299" and quoted and left > 0:
                left -= 1
                text = re.sub(r"\\(.)", r"\1", quoted)[:_MAX_CHARACTERS]
                yield "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
