"""HTTP/1.1 for servers: a protocol of asyncio on the parser of ``httptools``.

It owns framing, limits and the life of a connection. It knows no routes and no media types: its user passes in one
function that answers requests. Clients of this package import only what is here.
"""

from http1.connection import Answer, Handle
from http1.limits import Limits
from http1.request import BodyTooLargeError, Request
from http1.response import Headers, Response, Stream
from http1.server import HttpServer

__all__ = ["Answer", "BodyTooLargeError", "Handle", "Headers", "HttpServer", "Limits", "Request", "Response", "Stream"]
