"""What servers send, as values: JSON, YAML or protobuf, and the events of a watch."""

import json
from typing import Any

import yaml

from kube_apiserver import protobuf
from kube_apiserver.protobuf.reader import fields

_PROTOBUF = "application/vnd.kubernetes.protobuf"
_LENGTH_BYTES = 4


def parse(body: bytes, media: str) -> Any:
    """Return the value of a body of this content type; its text if it is none."""
    try:
        match media:
            case "application/yaml":
                return yaml.load(body, yaml.BaseLoader)
            case "application/vnd.kubernetes.protobuf":
                return protobuf.decode(body)
            case _:
                return json.loads(body)
    except (ValueError, yaml.YAMLError):
        return body.decode(errors="replace")


def split_events(data: bytes, media: str) -> tuple[list[Any], bytes]:
    """Return the whole events at the begin of a stream, and the rest."""
    if not media.startswith(_PROTOBUF):
        *lines, rest = data.split(b"\n")
        return [parse(line, media) for line in lines if line], rest
    events = []
    while len(data) >= _LENGTH_BYTES:
        end = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "big")
        if len(data) < end:
            break
        events.append(_event(data[_LENGTH_BYTES:end]))
        data = data[end:]
    return events, data


def _event(message: bytes) -> dict[str, Any]:
    found = {number: value for number, _, value in fields(message) if isinstance(value, bytes)}
    raw = {number: value for number, _, value in fields(found[2])}[1]
    assert isinstance(raw, bytes)
    return {"type": found[1].decode(), "object": protobuf.decode(raw)}
