"""Storage: objects, their revisions and their history. It takes the place of etcd.

One global revision counts all writes. Objects are stored as the bytes that are served, with a few decoded fields for
lookups. The package does not depend on HTTP, kinds or validation.
"""

from kube_apiserver.storage.cursor import Cursor
from kube_apiserver.storage.journal import FolderInUse, Journal
from kube_apiserver.storage.records import Change, Item, at_revision, item_key
from kube_apiserver.storage.recovery import DataBroken, recover
from kube_apiserver.storage.resource_store import Compacted, ResourceStore
from kube_apiserver.storage.store import Contents, JournalFailed, Store

__all__ = [
    "Change",
    "Compacted",
    "Contents",
    "Cursor",
    "DataBroken",
    "FolderInUse",
    "Item",
    "Journal",
    "JournalFailed",
    "ResourceStore",
    "Store",
    "at_revision",
    "item_key",
    "recover",
]
