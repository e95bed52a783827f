"""OpenAPI documents, which kubectl reads for ``create``, ``apply`` and ``explain``.

The package builds the v3 index, the v3 documents with their hashes, and the v2 document. HTTP is in
``documents.openapi``: ETags, hashes in the query, redirects.
"""

from kube_apiserver.openapi.publisher import Published, Publisher
from kube_apiserver.openapi.v2 import PROTOBUF, PROTOBUF_MEDIA, v2_without_definitions

__all__ = ["PROTOBUF", "PROTOBUF_MEDIA", "Published", "Publisher", "v2_without_definitions"]
