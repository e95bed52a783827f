"""OpenAPI documents, which kubectl reads for ``create``, ``apply`` and ``explain``.

The package builds the v3 index, the v3 documents with their hashes, and the v2 document. HTTP is in
``documents.documents``: ETags, hashes in the query, redirects.
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
