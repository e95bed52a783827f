"""Content negotiation: the Accept header and the representation of a response."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from kube_apiserver.wire.status_error import StatusError, not_acceptable

YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
_OFFERED = ("application/json", YAML, PROTOBUF)
STREAMED = ("application/json;stream=watch", f"{PROTOBUF};stream=watch")
_TRANSFORMS = frozenset({"Table", "PartialObjectMetadata", "PartialObjectMetadataList"})


class Representation(msgspec.Struct, frozen=True):
    """The representation of a response.

    Attributes:
        transform: "", "Table" or "PartialObjectMetadata" (PartialObjectMetadataList for a list).
        version: the version of meta.k8s.io, for a transform.
        media: ``application/json``, ``application/yaml`` or ``application/vnd.kubernetes.protobuf``.
    """

    transform: str = ""
    version: str = "v1"
    media: str = "application/json"


class MediaRange(msgspec.Struct, frozen=True):
    """One media range of an Accept header."""

    media: str
    parameters: tuple[tuple[str, str], ...]
    quality: float

    def parameter(self, name: str) -> str:
        """Return the value of a parameter, "" if absent."""
        return dict(self.parameters).get(name, "")


@lru_cache(maxsize=256)
def media_ranges(accept: str) -> Sequence[MediaRange]:
    """Return the media ranges of an Accept header, most preferred first."""
    entries = []
    for entry in accept.split(","):
        media, *rest = (part.strip() for part in entry.split(";"))
        parameters = tuple((key.strip(), value.strip()) for key, _, value in (part.partition("=") for part in rest))
        try:
            quality = float(dict(parameters).get("q", "1"))
        except ValueError:
            quality = 0.0
        if media:
            entries.append(MediaRange(media.lower(), parameters, quality))
    return sorted(entries, key=lambda entry: -entry.quality)


@lru_cache(maxsize=256)
def negotiate(
    accept: str,
    *,
    transforms: bool = True,
    is_custom: bool = False,
    is_collection: bool = False,
    has_table: bool = True,
) -> Representation:
    """Return the representation to respond with.

    Args:
        accept: the header ``Accept``.
        transforms: whether the object may be turned into a Table or into its metadata alone; not so an error.
        is_collection: whether a collection is read, which may be watched; the error says so.
        is_custom: whether it is an object of a custom kind, of which protobuf can have the metadata only.
        has_table: whether the object may be turned into a Table; not so what can only be created.

    Raises:
        StatusError: 406, there is no representation that the client accepts.
    """
    ranges = media_ranges(accept) if accept.strip() else ()
    if not ranges:
        return Representation()
    # The routes of built-in kinds, which come before their encoders, do not know this range.
    knows_range = is_custom or not transforms
    for entry in ranges:
        transform = entry.parameter("as")
        if transform and not (transforms and transform in _TRANSFORMS and _known_version(entry)):
            continue
        if transform == "Table" and not has_table:
            continue
        if entry.media in ("application/json", "*/*") or (knows_range and entry.media == "application/*"):
            return Representation(transform, entry.parameter("v") or "v1")
        if entry.media == YAML or (entry.media == PROTOBUF and transform != "Table" and (transform or not is_custom)):
            return Representation(transform, entry.parameter("v") or "v1", entry.media)
    # The routes of built-in kinds know media types, and not what each can have.
    if is_custom or any(entry.media in _OFFERED for entry in ranges):
        raise not_acceptable(_OFFERED)
    available = ", ".join((*_OFFERED, *STREAMED) if is_collection else _OFFERED)
    raise StatusError(406, "NotAcceptable", f"406: Not Acceptable\n\nAvailable representations: {available}", {})


def _known_version(entry: MediaRange) -> bool:
    return entry.parameter("g") == "meta.k8s.io" and entry.parameter("v") in {"v1", "v1beta1"}
