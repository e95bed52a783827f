"""The kinds of certificates/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kinds import meta_v1
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


class ClusterTrustBundleSpec(Struct):
    signer_name: str = ""
    trust_bundle: str = ""


@builtin_kind("certificates.k8s.io/v1/ClusterTrustBundle", "clustertrustbundles", namespaced=False)
class ClusterTrustBundle(BuiltinObject):
    spec: ClusterTrustBundleSpec = field(default_factory=ClusterTrustBundleSpec)


class PodCertificateRequestSpec(Struct):
    signer_name: str = ""
    pod_name: str = ""
    pod_uid: str = field(default="", name="podUID")
    service_account_name: str = ""
    service_account_uid: str = field(default="", name="serviceAccountUID")
    node_name: str = ""
    node_uid: str = field(default="", name="nodeUID")
    max_expiration_seconds: int | None = None
    stub_pkcs10_request: bytes = field(default=b"", name="stubPKCS10Request")
    unverified_user_annotations: dict[str, str] = {}


class PodCertificateRequestStatus(Struct):
    conditions: list[meta_v1.Condition] = []
    certificate_chain: str = ""
    not_before: str | None = None
    begin_refresh_at: str | None = None
    not_after: str | None = None


@builtin_kind("certificates.k8s.io/v1/PodCertificateRequest", "podcertificaterequests", has_status=True)
class PodCertificateRequest(BuiltinObject):
    spec: PodCertificateRequestSpec = field(default_factory=PodCertificateRequestSpec)
    status: PodCertificateRequestStatus = field(default_factory=PodCertificateRequestStatus)
