"""Decoding of request bodies: JSON, YAML or protobuf."""

import asyncio
from typing import Any

import yaml
from aiohttp import web

from kube_apiserver import codec, protobuf
from kube_apiserver.wire.status_error import bad_request, too_large, unsupported_media_type
from kube_apiserver.wire.yaml_loader import JsonTypesLoader

#: kube-apiserver's timeout of requests other than watches.
SECONDS = 60.0
LIMIT_BYTES = 3 * 1024 * 1024
JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"


def media_type(request: web.BaseRequest) -> str:
    """Return the content type of a request without parameters, JSON by default."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower() or JSON


async def read_bytes(request: web.BaseRequest) -> bytes:
    """Return the whole body.

    Raises:
        StatusError: 413, the body exceeds kube-apiserver's limit.
        TimeoutError: the client takes too long to send the body.
    """
    if (request.content_length or 0) > LIMIT_BYTES:
        raise too_large(LIMIT_BYTES)
    try:
        async with asyncio.timeout(SECONDS):
            return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise too_large(LIMIT_BYTES) from error


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


def parse_json(raw: bytes) -> Any:
    """Return the value of a JSON body. Raise 400 if it is malformed."""
    try:
        return codec.decode(raw)
    except codec.MalformedJson as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error


def parse_yaml(raw: bytes) -> Any:
    """Return the value of a YAML body with JSON types only. Raise 400 if it is malformed."""
    try:
        # The loader is a SafeLoader. Like Go, it reads the first document only.
        return next(yaml.load_all(raw, Loader=JsonTypesLoader), None)
    except yaml.YAMLError as error:
        raise bad_request(f"error converting YAML to JSON: {error}") from error


def parse_protobuf(raw: bytes) -> Any:
    """Return the object of a protobuf body. Raise 400 if it is malformed."""
    try:
        return protobuf.decode(raw)
    except ValueError as error:
        raise bad_request(f"the body is not a protobuf object of a known kind: {error}") from error
