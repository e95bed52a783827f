"""``InformerKey``: users with equal keys share one informer."""

from enum import Enum
from typing import Self

import msgspec

from plugin_operator.kube import FieldSelector, GroupVersionKind, LabelSelector
from plugin_operator.kube.shards import ShardKey


class ShardBy(Enum):
    """What of an object is hashed to find its shard."""

    UID = "uid"
    NAMESPACE = "namespace"
    OWNER = "owner"

    @property
    def key(self) -> ShardKey | None:
        """Key of the server's ``shardSelector``; None if only the client can hash."""
        return _KEYS.get(self)


_KEYS = {ShardBy.UID: ShardKey.UID, ShardBy.NAMESPACE: ShardKey.NAMESPACE}


class InformerKey(msgspec.Struct, frozen=True):
    """One kind, optionally in one namespace or with selectors; ``metadata_only`` caches metadata alone.

    With ``shard_by``, the cache keeps only the objects of the shards that this process owns.
    """

    gvk: GroupVersionKind
    namespace: str | None = None
    label_selector: str = ""
    field_selector: str = ""
    metadata_only: bool = False
    shard_by: ShardBy | None = None

    def canonical(self) -> Self:
        """Return the key with selectors in canonical form.

        Raises:
            SelectorError: a selector cannot be parsed.
        """
        return type(self)(
            self.gvk,
            self.namespace or None,
            str(LabelSelector.parse(self.label_selector)),
            str(FieldSelector.parse(self.field_selector)),
            self.metadata_only,
            self.shard_by,
        )

    def __str__(self) -> str:
        where = f" in {self.namespace}" if self.namespace else ""
        selectors = [text for text in (self.label_selector, self.field_selector) if text]
        shards = f" by {self.shard_by.value}" if self.shard_by is not None else ""
        return f"{self.gvk}{where}{' with ' + ' and '.join(selectors) if selectors else ''}{shards}"
