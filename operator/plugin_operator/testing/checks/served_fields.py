"""The fields of the kinds that the API server of a test serves, by the path of a request."""

import difflib

from kube_apiserver.decoding.pruning import names_beside
from kube_apiserver.registry import Registry, ServedResource
from plugin_operator.client.http.request_path import kind_at, object_of


class ServedFields:
    """Looks up fields in the schemas of an API server.

    Args:
        registry: what it serves.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def has_status(self, path: str) -> bool:
        """Report whether the kind at a path has the subresource ``status``, which alone writes its status."""
        served = self._served(path)
        return served is not None and served.has_status

    def meant(self, path: str, field: str) -> str:
        """Return the name that an unknown field is nearly equal to, such as ``replicas``; empty if there is none.

        Args:
            path: path of the request.
            field: the unknown field: ``spec.replcias``.
        """
        served = self._served(path)
        known = names_beside(served.schema, field) if served is not None and served.schema is not None else []
        name = field.rpartition(".")[2]
        by_letters = {_letters(each): each for each in known}
        return by_letters.get(_letters(name), "") or next(iter(difflib.get_close_matches(name, known, 1)), "")

    def _served(self, path: str) -> ServedResource | None:
        kind = kind_at(path)
        return self._registry.find(kind.group, kind.version, object_of(path).get("resource", ""))


def _letters(name: str) -> str:
    """Return what ``replica_count`` and ``replicaCount`` have in common."""
    return name.replace("_", "").replace("-", "").lower()
