"""The objects of a fresh kube-apiserver, read from the generated file ``objects.tsv``.

The file has placeholders for identities, times and the address of the server. It is read once per process, because a
test process starts many servers.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from kube_apiserver import codec
from kube_apiserver.storage import Item, item_key

_ADDRESS = (b"@host@", b"@port@", b"@family@")


class Address(msgspec.Struct, frozen=True):
    """The address of the server, for its Service and the endpoints of that."""

    host: str
    port: int


class Template(msgspec.Struct, frozen=True):
    """One object with placeholders.

    Attributes:
        names_address: whether the object contains the address of the server.
    """

    bucket: str
    key: str
    namespace: str
    name: str
    labels: dict[str, str]
    raw: bytes
    names_address: bool

    def item(self, revision: int, uid: str, time: str, address: Address) -> Item:
        """Return the object at a revision, as created at ``time``."""
        raw = self.raw.replace(b"@uid@", uid.encode()).replace(b"@resourceVersion@", b"%d" % revision)
        raw = raw.replace(b"@time@", time.encode())
        if self.names_address:
            family = b"IPv6" if ":" in address.host else b"IPv4"
            raw = raw.replace(b"@host@", address.host.encode()).replace(b"@family@", family)
            raw = raw.replace(b'"@port@"', b"%d" % address.port)
        return Item(
            key=self.key,
            namespace=self.namespace,
            name=self.name,
            uid=uid,
            revision=revision,
            raw=raw,
            labels=self.labels,
            owners=(),
        )


@cache
def templates() -> Sequence[Template]:
    """Return the templates of all objects."""
    lines = Path(__file__).with_name("objects.tsv").read_bytes().splitlines()
    found = [_template(*line.split(b"\t")) for line in lines]
    return [*found, *(_service_account(template.name) for template in found if template.bucket == "namespaces")]


def _template(bucket: bytes, namespace: bytes, name: bytes, labels: bytes, raw: bytes) -> Template:
    return Template(
        bucket=bucket.decode(),
        key=item_key(namespace.decode(), name.decode()),
        namespace=namespace.decode(),
        name=name.decode(),
        labels=codec.decode(labels),
        raw=raw,
        names_address=any(placeholder in raw for placeholder in _ADDRESS),
    )


def _service_account(namespace: str) -> Template:
    """Return the account that kube-controller-manager adds to a namespace."""
    metadata = {"name": "default", "namespace": namespace, "uid": "@uid@", "resourceVersion": "@resourceVersion@"}
    raw = codec.encode_object({"metadata": {**metadata, "creationTimestamp": "@time@"}}, "v1", "ServiceAccount")
    return _template(b"serviceaccounts", namespace.encode(), b"default", b"{}", raw)
