"""Content negotiation: the Accept header and the representation of a response."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from kube_apiserver.wire.status_error import StatusError, not_acceptable

OFFERED = ("application/json", "application/yaml")
_PROTOBUF = "application/vnd.kubernetes.protobuf"
_NOTHING = (
    "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
    "application/vnd.kubernetes.protobuf, application/json;stream=watch, "
    "application/vnd.kubernetes.protobuf;stream=watch"
)
_JSON_NAMES = frozenset({"application/json", "application/*", "*/*"})
_TRANSFORMS = frozenset({"Table", "PartialObjectMetadata", "PartialObjectMetadataList"})


@dataclass(frozen=True, slots=True)
class Representation:
    """The representation of a response.

    Attributes:
        transform: "", "Table" or "PartialObjectMetadata" (PartialObjectMetadataList for a list).
        version: the version of meta.k8s.io, for a transform.
        media: ``application/json`` or ``application/yaml``.
    """

    transform: str = ""
    version: str = "v1"
    media: str = "application/json"


@dataclass(frozen=True, slots=True)
class MediaRange:
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
def negotiate(accept: str, *, transforms: bool = True) -> Representation:
    """Return the representation to respond with.

    Raises:
        StatusError: 406, the client accepts neither JSON nor YAML.
    """
    ranges = media_ranges(accept) if accept.strip() else ()
    if not ranges:
        return Representation()
    for entry in ranges:
        transform = entry.parameter("as")
        if transform and not (transforms and transform in _TRANSFORMS and _known_version(entry)):
            continue
        if entry.media in _JSON_NAMES:
            return Representation(transform, entry.parameter("v") or "v1")
        if entry.media == "application/yaml":
            return Representation(transform, entry.parameter("v") or "v1", "application/yaml")
    if any(entry.media in OFFERED or entry.media == _PROTOBUF for entry in ranges):
        raise not_acceptable((*OFFERED, _PROTOBUF))
    raise StatusError(406, "NotAcceptable", _NOTHING, {})


def _known_version(entry: MediaRange) -> bool:
    return entry.parameter("g") == "meta.k8s.io" and entry.parameter("v") in {"v1", "v1beta1"}
