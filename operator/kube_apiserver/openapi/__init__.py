"""OpenAPI documents: what kubectl asks before it creates, applies or explains.

Owns the v3 index, its documents, their hashes, and v2. Leaves HTTP (etags, hashes in the query,
redirects) to the server.
"""

from kube_apiserver.openapi.documents import document, document_hash, document_names, index
from kube_apiserver.openapi.v2 import PROTOBUF, PROTOBUF_MEDIA, v2, v2_without_definitions

__all__ = [
    "PROTOBUF",
    "PROTOBUF_MEDIA",
    "document",
    "document_hash",
    "document_names",
    "index",
    "v2",
    "v2_without_definitions",
]
