"""Request bodies: JSON, YAML or protobuf into plain values."""

import asyncio
from typing import Any

import yaml
from aiohttp import web

from kube_apiserver import codec, protobuf
from kube_apiserver.wire.status_error import bad_request, too_large, unsupported_media_type
from kube_apiserver.wire.yaml_loader import JsonTypesLoader

#: As long as the real server takes for a request that is no watch.
SECONDS = 60.0
LIMIT_BYTES = 3 * 1024 * 1024
JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"


def media_type(request: web.BaseRequest) -> str:
    """Return the request's content type without parameters, JSON where none is given."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower() or JSON


async def read_bytes(request: web.BaseRequest) -> bytes:
    """Return the whole body.

    Raises:
        StatusError: 413 beyond the limit of the real server.
        TimeoutError: the client takes too long to send it.
    """
    if (request.content_length or 0) > LIMIT_BYTES:
        raise too_large(LIMIT_BYTES)
    try:
        async with asyncio.timeout(SECONDS):
            return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise too_large(LIMIT_BYTES) from error


def parse(raw: bytes, media: str) -> Any:
    """Return the value of a body.

    Raises:
        StatusError: 400 malformed, 415 of a type that cannot be read.
    """
    if media == JSON:
        return parse_json(raw)
    if media == YAML:
        return parse_yaml(raw)
    if media == PROTOBUF:
        return parse_protobuf(raw)
    raise unsupported_media_type((JSON, YAML, PROTOBUF))


def parse_json(raw: bytes) -> Any:
    """Return the value of a JSON body; 400 if it is malformed."""
    try:
        return codec.decode(raw)
    except codec.MalformedJson as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error


def parse_yaml(raw: bytes) -> Any:
    """Return the value of a YAML body, with only JSON's types in it; 400 if it is malformed."""
    try:
        # A SafeLoader of our own; of several documents only the first is read, as by Go.
        return next(yaml.load_all(raw, Loader=JsonTypesLoader), None)
    except yaml.YAMLError as error:
        raise bad_request(f"error converting YAML to JSON: {error}") from error


def parse_protobuf(raw: bytes) -> Any:
    """Return the object of a protobuf body; 400 if it cannot be read."""
    try:
        return protobuf.decode(raw)
    except ValueError as error:
        raise bad_request(f"the body is no protobuf object this server knows: {error}") from error
