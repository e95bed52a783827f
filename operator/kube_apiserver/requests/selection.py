"""Label, field and shard selectors of a request."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kube_apiserver.features import SHARDED_LIST_AND_WATCH
from kube_apiserver.registry import ServedResource
from kube_apiserver.requests.request import Request
from kube_apiserver.schema import is_path_segment
from kube_apiserver.selectors import FieldSelector, LabelSelector, SelectorError
from kube_apiserver.storage import Item
from kube_apiserver.strategies import SelectableField
from kube_apiserver.wire.status_error import StatusError, bad_request

if TYPE_CHECKING:
    from kube_apiserver.requests.shards import ShardSelector

_EVERYWHERE = frozenset({"metadata.name", "metadata.namespace"})
_READ = SelectableField()


def exact_name(text: str) -> str:
    """Return the only name that a field selector matches, "" if there may be several or it is invalid."""
    try:
        requirements = FieldSelector.parse(text).requirements
    except SelectorError:
        return ""
    names = [value for path, operator, value in requirements if path == "metadata.name" and operator != "!="]
    return names[0] if names and not is_path_segment(names[0]) else ""


class Selection:
    """Matches items by the label, field and shard selectors of a request.

    Attributes:
        everything: whether all items match.
        is_counted: whether a page counts the items that remain. As in kube-apiserver, shards make no difference.
    """

    __slots__ = ("_fields", "_labels", "_needs_body", "_shards", "everything", "is_counted")

    def __init__(self, request: Request) -> None:
        """Parse the selectors. The name in the path of the request is one more.

        Raises:
            StatusError: 400, a selector is invalid or names an unsupported field; 500, a shard selector is invalid.
        """
        resource, query, name = request.resource, request.query, request.target.name
        try:
            self._labels = LabelSelector.parse(query.get("labelSelector", ""))
            fields = FieldSelector.parse(query.get("fieldSelector", ""))
        except SelectorError as error:
            raise bad_request(str(error)) from error
        renamed = resource.strategy.renamed_fields
        requirements = [(_stored_path(path, renamed), operator, value) for path, operator, value in fields.requirements]
        if name:
            requirements.append(("metadata.name", "=", name))
        _check_fields(resource, [path for path, _, _ in requirements])
        known = resource.strategy.selectable_fields
        self._fields = [(path, known.get(path, _READ), operator, value) for path, operator, value in requirements]
        self._needs_body = any(path not in _EVERYWHERE for path, _, _ in requirements)
        self._shards = _shards(request)
        self.is_counted = not self._labels.requirements and not requirements
        self.everything = self.is_counted and self._shards is None

    @property
    def list_metadata(self) -> dict[str, Any]:
        """What the metadata of a list says about its selection: the shards in it."""
        return {} if self._shards is None else {"shardInfo": {"selector": self._shards.text}}

    def matches(self, item: Item) -> bool:
        """Report whether an item matches."""
        if self.everything:
            return True
        if self._shards is not None and not self._shards.matches(item):
            return False
        if self._labels.requirements and not self._labels.matches(item.labels):
            return False
        if not self._fields:
            return True
        body = item.decode() if self._needs_body else {}
        return all(
            (_value(item, body, path, field) == value) == (operator != "!=")
            for path, field, operator, value in self._fields
        )


def _shards(request: Request) -> "ShardSelector | None":
    text = request.query.get("shardSelector", "")
    if not text or SHARDED_LIST_AND_WATCH not in request.cluster.features:
        return None
    # Imported on demand: it parses the selector with the language of rules, which most servers never need.
    from kube_apiserver.requests.shards import ShardSelector, ShardSelectorError

    try:
        return ShardSelector(text)
    except ShardSelectorError as error:
        # Nothing in kube-apiserver makes a client error of this one.
        raise StatusError(500, "", f"invalid shard selector: {error}") from error


def _stored_path(path: str, renamed: Mapping[str, str]) -> str:
    first, dot, rest = path.partition(".")
    return renamed.get(first, first) + dot + rest


def _check_fields(resource: ServedResource, paths: list[str]) -> None:
    known = resource.strategy.selectable_fields
    for path in paths:
        if path in _EVERYWHERE or path in known:
            continue
        if known or resource.custom is not None:
            raise bad_request(f"field label not supported: {path}")
        listed = ", ".join(f'"{name}"' for name in sorted(_EVERYWHERE))
        raise bad_request(f'"{path}" is not a known field selector: only {listed}')


def _value(item: Item, body: Mapping[str, Any], path: str, field: SelectableField) -> str:
    if path == "metadata.name":
        return item.name
    if path == "metadata.namespace":
        return item.namespace
    if field.read is not None:
        return field.read(body)
    value: Any = body
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return field.absent if value is None else str(value)
