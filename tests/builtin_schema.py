"""The built-in schemas of the embedded API server, for tests that take it for granted that a kind has one."""

from kube_apiserver.schema.builtin_schemas import Schemas
from kube_apiserver.schema.model import Schema


def builtin_schema(group: str, version: str, kind: str) -> Schema:
    """Return the schema of a kind; a kind without one fails the test."""
    found = Schemas.builtin().get((group, version, kind))
    assert found is not None, f"no built-in schema of {kind}"
    return found
