"""Names that only objects from files may have."""

from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Object

_SUFFIX = ".static.k8s.io"
_RESERVED = (
    f'names ending with "{_SUFFIX}" are reserved for static manifest-based configurations and cannot be managed via '
    "the API"
)


def name_causes(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of a reserved name of a new object."""
    name = obj["metadata"].get("name", "")
    return [messages.invalid("metadata.name", name, _RESERVED)] if old is None and name.endswith(_SUFFIX) else []
