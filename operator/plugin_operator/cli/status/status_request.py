"""The request for the status of an operator: one answer of bounded size, within a deadline, from no other address."""

import asyncio
import os
from typing import Any

import aiohttp
from yarl import URL

from plugin_operator.cli.status.status_answer import AnswerError, status_from
from plugin_operator.errors import PluginOperatorError, UsageError
from plugin_operator.rendering import describe

_TIMEOUT_SECONDS = 5.0
_MAX_REASON = 200
_MAX_BYTES = 16 * 1024 * 1024
_WAY_OUT = "start one, or name its probe server with --address host:port"
_FORM = "write host:port, as in --address 127.0.0.1:8081"


def url_of(address: str) -> URL:
    """Return the URL of the status at an address: ``host:port``, with or without ``http://`` before it.

    Raises:
        UsageError: the address has another form.
    """
    try:
        url = URL(f"http://{address.removeprefix('http://').rstrip('/')}")
        is_address = bool(url.host and url.explicit_port) and url == url.origin()
    except ValueError:
        is_address = False
    if not is_address:
        raise UsageError(f"--address: {address!r} is no address: {_FORM}")
    return url.with_path("/status")


def status_at(url: URL, process: object) -> dict[str, Any]:
    """Return the status that the operator at a URL answers.

    Args:
        url: where to ask.
        process: process of the operator, if it is known.

    Raises:
        PluginOperatorError: there is no answer in time, or it is not a status.
    """
    try:
        return status_from(asyncio.run(_answer(url)))
    except TimeoutError as error:
        raise PluginOperatorError(_silent(url, process)) from error
    except AnswerError as error:
        raise PluginOperatorError(f"{url} is not the probe server of an operator: {error}; {_WAY_OUT}") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise PluginOperatorError(f"no operator responds at {url} ({_reason(error)}): {_WAY_OUT}") from error


async def _answer(url: URL) -> bytes:
    # Total: a server that sends a byte now and then does not delay it. Proxies and redirects lead to other servers.
    deadline = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=deadline, auto_decompress=False, trust_env=False) as session,
        session.get(url, allow_redirects=False, headers={"Accept-Encoding": "identity"}) as answer,
    ):
        if answer.status != 200:
            raise AnswerError(_refusal(answer))
        content = bytearray()
        async for part in answer.content.iter_any():
            content += part
            if len(content) > _MAX_BYTES:
                raise AnswerError(f"its response has more than {_MAX_BYTES // 1024**2} MiB")
    return bytes(content)


def _reason(error: Exception) -> str:
    if not isinstance(error, OSError) or error.errno is None:
        return describe(error, _MAX_REASON)
    return os.strerror(error.errno) if error.errno > 0 else error.strerror or str(error)


def _refusal(answer: aiohttp.ClientResponse) -> str:
    said = f"it answers {answer.status} {answer.reason or ''}".rstrip()
    if answer.status == 404:
        return f"{said}, as the metrics server does"
    return f"{said} to {answer.headers['Location']}" if "Location" in answer.headers else said


def _silent(url: URL, process: object) -> str:
    """Return the message after a timeout: a process with a blocked event loop still accepts connections."""
    says = f"does not answer at {url} within {_TIMEOUT_SECONDS:g} s"
    look = 'look at its log: "Event loop is blocked" names plugin, file and line; fix the code there and restart it'
    if process is not None and _runs(process):
        return f"the operator runs (process {process}) but {says}: {look}"
    return f"the operator {says}: if it runs, {look}; else {_WAY_OUT}"


def _runs(process: object) -> bool:
    if not isinstance(process, int) or not 0 < process < 2**31:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # the process belongs to another user
    return True
