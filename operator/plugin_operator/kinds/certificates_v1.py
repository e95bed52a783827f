"""The kinds of certificates/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class CertificateSigningRequestSpec(Struct):
    request: bytes = b""
    signer_name: str = ""
    expiration_seconds: int | None = None
    usages: list[str] = []
    username: str = ""
    uid: str = ""
    groups: list[str] = []
    extra: dict[str, list[str]] = {}


class CertificateSigningRequestCondition(Struct):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_update_time: str | None = None
    last_transition_time: str | None = None


class CertificateSigningRequestStatus(Struct):
    conditions: list[CertificateSigningRequestCondition] = []
    certificate: bytes = b""


@builtin_kind(
    "certificates.k8s.io/v1/CertificateSigningRequest",
    "certificatesigningrequests",
    namespaced=False,
    has_status=True,
    short_names=("csr",),
)
class CertificateSigningRequest(BuiltinObject):
    spec: CertificateSigningRequestSpec = field(default_factory=CertificateSigningRequestSpec)
    status: CertificateSigningRequestStatus = field(default_factory=CertificateSigningRequestStatus)
