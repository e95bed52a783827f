"""The bytes that every peer gets: ConfigMaps of a given size, as the API server would write them.

Deterministic, so that two runs replay the same stream. Owns no sockets: the load server frames and sends.
"""

import hashlib
import json
import uuid

NAMESPACES = 20
GROUP_VERSION = b'"apiVersion":"v1","kind":"ConfigMap",'


def name_of(index: int) -> tuple[str, str]:
    """Return namespace and name of the object with this index."""
    return f"team-{index % NAMESPACES:02d}", f"settings-{index:06d}"


def body_of(index: int, version: int, size: int) -> bytes:
    """Return one object without kind and apiVersion, as it stands in a list; about ``size`` bytes long.

    It carries what a real one carries: uid, labels, an annotation, and the managedFields of one manager. Size 0 leaves
    it at that: the metadata alone.
    """
    namespace, name = name_of(index)
    managed = {
        "manager": "kubectl-client-side-apply",
        "operation": "Update",
        "apiVersion": "v1",
        "time": "2026-01-02T03:04:05Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {".": {}, "f:payload": {}, "f:version": {}}, "f:metadata": {"f:labels": {"f:app": {}}}},
    }
    metadata = {
        "name": name,
        "namespace": namespace,
        "uid": str(uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4)),
        "resourceVersion": str(version),
        "creationTimestamp": "2026-01-02T03:04:05Z",
        "labels": {"app": f"app-{index % 50}", "tier": "backend"},
        "annotations": {"example.com/owner": f"team-{index % NAMESPACES:02d}@example.com"},
        "managedFields": [managed],
    }
    if not size:
        return json.dumps({"metadata": metadata}, separators=(",", ":")).encode()
    bare = json.dumps({"metadata": metadata, "data": {"version": str(version), "payload": ""}}, separators=(",", ":"))
    payload = "x" * max(0, size - len(bare) - len(GROUP_VERSION))
    return (bare[: -len('"}}')] + payload + '"}}').encode()


def event_line(kind: bytes, body: bytes, head: bytes = GROUP_VERSION) -> bytes:
    """Return one line of a watch: ``kind`` is ADDED, MODIFIED or DELETED; ``head`` is how objects begin."""
    return b'{"type":"' + kind + b'","object":{' + head + body[1:] + b"}\n"


def bookmark_line(version: int, *, initial_end: bool, head: bytes = GROUP_VERSION) -> bytes:
    """Return a BOOKMARK line; one that ends the initial events of a streaming list says so in an annotation."""
    mark = b',"annotations":{"k8s.io/initial-events-end":"true"}' if initial_end else b""
    metadata = b'"metadata":{"resourceVersion":"%d","creationTimestamp":null%s}' % (version, mark)
    return b'{"type":"BOOKMARK","object":{' + head + metadata + b"}}\n"


def chunk(line: bytes) -> bytes:
    """Frame one line as one HTTP chunk: kube-apiserver flushes after every event, so a client sees one chunk each."""
    return b"%x\r\n%s\r\n" % (len(line), line)
