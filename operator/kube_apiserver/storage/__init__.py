"""Objects, their revisions and their history: the part of the server that would be etcd.

One global revision counts every write. Objects are kept as the bytes that are served, beside the few fields that are
asked for without decoding. Knows nothing of HTTP, kinds or rules.
"""

from kube_apiserver.storage.cursor import Cursor
from kube_apiserver.storage.journal import FolderInUse, Journal
from kube_apiserver.storage.records import Change, Item, at_revision, item_key
from kube_apiserver.storage.recovery import DataBroken, recover
from kube_apiserver.storage.resource_store import Compacted, ResourceStore
from kube_apiserver.storage.store import JournalFailed, Store

__all__ = [
    "Change",
    "Compacted",
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
