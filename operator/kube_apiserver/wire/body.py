"""Decoding of request bodies: JSON, YAML or protobuf."""

import asyncio
from collections.abc import Sequence
from typing import Any

import http1
from kube_apiserver import codec, protobuf
from kube_apiserver.decoding.numbers import decoded_numbers, stored_numbers
from kube_apiserver.threads import LONG_BYTES, off_loop
from kube_apiserver.wire.status_error import StatusError, bad_request, too_large, unsupported_media_type

#: kube-apiserver's timeout of requests other than watches.
SECONDS = 60.0
LIMIT_BYTES = 3 * 1024 * 1024
# PyYAML parses about 100 KB a second.
_LONG_YAML_BYTES = 2048
# What is said of YAML that cannot be read: an object, and an apply patch that begins as JSON does or otherwise.
_OBJECT = "error decoding YAML: error converting YAML to JSON"
_JSON_PATCH, _YAML_PATCH = "error decoding patch: error converting YAML to JSON", "error encoding patch"
JSON = "application/json"
YAML = "application/yaml"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
PROTOBUF = "application/vnd.kubernetes.protobuf"


def media_type(request: http1.Request) -> str:
    """Return the content type of a request without parameters, JSON by default."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower() or JSON


async def read_bytes(request: http1.Request) -> bytes:
    """Return the whole body. It may be asked for again.

    Raises:
        StatusError: 413, the body exceeds kube-apiserver's limit.
        TimeoutError: the client takes too long to send the body.
    """
    if (request.content_length or 0) > LIMIT_BYTES:
        raise too_large(LIMIT_BYTES)
    try:
        if request.is_complete:  # most bodies come with their headers
            return await request.read(LIMIT_BYTES)
        async with asyncio.timeout(SECONDS):
            return await request.read(LIMIT_BYTES)
    except http1.BodyTooLargeError as error:
        raise too_large(LIMIT_BYTES) from error


def body_size(request: http1.Request) -> int:
    """Return how many bytes of a body there are. Ask after ``read_bytes``."""
    return request.received


def parse(raw: bytes, media: str) -> Any:
    """Return the decoded body.

    Raises:
        StatusError: 400, the body is malformed; 415, its type is not supported.
    """
    if media == JSON:
        return parse_json(raw)
    if media == YAML:
        return parse_yaml(raw)
    if media == PROTOBUF:
        return parse_protobuf(raw)
    raise unsupported_media_type((JSON, YAML, PROTOBUF))


def parse_strictly(raw: bytes, media: str) -> tuple[Any, list[str]]:
    """Return the decoded body, and the strict errors of members that are in it twice.

    Raises:
        StatusError: as ``parse``.
    """
    if media == YAML:
        return _parse_yaml(raw)
    value = parse(raw, media)
    return value, duplicates(raw, value) if media == JSON else []


def duplicates(raw: bytes, decoded: Any) -> list[str]:
    """Return the strict errors of members that are twice in a JSON body, whose value is ``decoded``."""
    try:
        return [f'duplicate field "{path}"' for path in codec.duplicate_fields(raw, decoded)]
    except RecursionError:
        return []  # JSON that is as deep as this is refused later, if it is not of a field without a schema


def strict_errors(found: Sequence[str]) -> list[str]:
    """Return what a refusal says of what ``parse_strictly`` found. Warnings say the same line by line."""
    if not found or not found[0].startswith("line "):
        return list(found)
    return ["yaml: unmarshal errors:" + "".join(f"\n  {text}" for text in found)]


def is_long(raw: bytes, media: str) -> bool:
    """Report whether a body takes so long to decode that a thread should."""
    return len(raw) > (_LONG_YAML_BYTES if media == YAML else LONG_BYTES)


async def parse_long(raw: bytes, media: str) -> Any:
    """Return the decoded body as ``parse`` does. A long one is parsed in a thread."""
    return await off_loop(is_long(raw, media), parse, raw, media)


def parse_json(raw: bytes) -> Any:
    """Return the value of a JSON body. Raise 400 if it is malformed."""
    try:
        return codec.decode(raw)
    except codec.MalformedJson as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error


async def parse_applied(raw: bytes) -> tuple[Any, list[str]]:
    """Return the value of an apply patch, and what the YAML decoder says of keys that are in it twice.

    The patch is YAML or, as most clients send it, JSON. kube-apiserver writes either as JSON and reads that, so that
    ``1.0`` is ``1``.

    The YAML parser is a hundred times slower than the JSON decoder, so it gets only what is not JSON or differs as
    YAML, and a long body is parsed in a thread. YAML has no escapes of surrogates.

    Raises:
        StatusError: 400, the patch is malformed.
    """
    if raw.lstrip()[:1] == b"{":
        applied = await off_loop(is_long(raw, JSON), _applied_json, raw)
        if applied is not None:
            return applied, []
    return await off_loop(is_long(raw, YAML), _applied_yaml, raw)


def _applied_yaml(raw: bytes) -> tuple[Any, list[str]]:
    applied, repeated = _parse_yaml(raw, _JSON_PATCH if raw.lstrip().startswith(b"{") else _YAML_PATCH)
    return stored_numbers(decoded_numbers(applied)), repeated


def _applied_json(raw: bytes) -> Any:
    """Return the object of an apply patch, None if it is for the YAML parser to read."""
    if codec.differs_as_yaml(raw):
        return None
    try:
        applied = codec.decode(raw)
    except codec.MalformedJson:
        return None
    if duplicates(raw, applied):
        return None  # the YAML parser knows their lines
    if (place := codec.surrogate_escape(raw)) >= 0:
        from kube_apiserver.wire.yaml_loader import BAD_ESCAPE

        raise _unreadable_yaml(_JSON_PATCH, BAD_ESCAPE, raw.count(b"\n", 0, place))
    return stored_numbers(decoded_numbers(applied))


def _unreadable_yaml(what: str, why: str, line: int) -> StatusError:
    where = f"line {line + 1}: " if line else ""
    return bad_request(f"{what}: yaml: {where}{why}")


def parse_yaml(raw: bytes) -> Any:
    """Return the value of a YAML body with JSON types only. Raise 400 if it is malformed."""
    return _parse_yaml(raw)[0]


def _parse_yaml(raw: bytes, what: str = _OBJECT) -> tuple[Any, list[str]]:
    # Imported on demand: most servers never get YAML.
    import yaml
    from yaml.reader import ReaderError

    from kube_apiserver.wire.yaml_loader import BAD_ESCAPE, CONTROL_CHARACTER, JsonTypesLoader, RefusedYaml

    try:
        # The loader is a SafeLoader. Like Go, it reads the first document only. libyaml's parser would be faster, but
        # deep nesting overflows its stack.
        loader = JsonTypesLoader(raw)
        return next(iter(loader), None), loader.repeated
    except RefusedYaml as error:
        raise _unreadable_yaml(what, error.why, error.line) from error
    except (ValueError, OverflowError) as error:  # the escape of a code point beyond Unicode, or bytes of no encoding
        raise _unreadable_yaml(what, BAD_ESCAPE, 0) from error
    except (yaml.YAMLError, RecursionError) as error:
        if isinstance(error, ReaderError) and error.encoding == "unicode":  # not bytes that are no UTF-8
            raise _unreadable_yaml(what, CONTROL_CHARACTER, 0) from error
        raise bad_request(f"error converting YAML to JSON: {error}") from error


def parse_protobuf(raw: bytes) -> Any:
    """Return the object of a protobuf body. Raise 400 if it is malformed."""
    try:
        return protobuf.decode(raw)
    except ValueError as error:
        raise bad_request(f"the body is not a protobuf object of a known kind: {error}") from error
