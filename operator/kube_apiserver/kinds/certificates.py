"""CertificateSigningRequests, ClusterTrustBundles and PodCertificateRequests. No controller signs."""

from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import NONE, labels
from kube_apiserver.schema import Cause, is_dns1123_subdomain, messages
from kube_apiserver.strategies import Draft, Object, Strategy, selectable
from kube_apiserver.validation.conditions import status_condition_causes
from kube_apiserver.validation.fixed_values import IMMUTABLE, fixed_spec_causes, is_changed
from kube_apiserver.validation.signers import anchor_causes, signer_causes

_GROUP = "certificates.k8s.io"
_STATES = ("Issued", "Denied", "Failed")
_REQUEST = "Name/name|PodName|ServiceAccountName|NodeName|SignerName|State|UnverifiedUserAnnotations"
_OF_CREATOR = frozenset({"username", "uid", "groups", "extra"})
_LONGEST_UID = 128
_SHORTEST_SECONDS, _LONGEST_SECONDS, _LONGEST_OF_KUBERNETES = 3600, 91 * 86400, 86400
_ONE_KEY = "exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set"


def _record_creator(obj: Draft, user: Object) -> None:
    """Set username, uid, groups and extra of the user that creates it."""
    kept = {name: value for name, value in (obj.get("spec") or {}).items() if name not in _OF_CREATOR}
    obj["spec"] = {**kept, **user}


def _prepare_signing_update(old: Object, new: Draft) -> None:
    """Restore spec."""
    new["spec"] = old["spec"]


def _signing_cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a CertificateSigningRequest."""
    spec = obj.get("spec") or {}
    seconds = spec.get("expirationSeconds")
    duration = NONE if seconds is None else f"{seconds}s"
    kinds = [one.get("type", "") for one in (obj.get("status") or {}).get("conditions") or ()]
    state = ",".join(kinds) or "Pending"
    if (obj.get("status") or {}).get("certificate"):
        state += ",Issued"
    return [
        name_cell(obj),
        age_cell(obj, now),
        spec.get("signerName") or NONE,
        spec.get("username", ""),
        duration,
        state,
    ]


def _validate_bundle(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of the name, signerName and trustBundle."""
    spec, name = obj.get("spec") or {}, obj["metadata"].get("name", "")
    signer = spec.get("signerName") or ""
    causes = [messages.invalid("metadata.name", name, why) for why in (_name_problems(name, signer) if name else ())]
    causes += [*(signer_causes(signer) if signer else ()), *anchor_causes(spec.get("trustBundle") or "")]
    if old is not None and is_changed(old, obj, "spec", "signerName"):
        causes.append(messages.invalid("spec.signerName", signer, IMMUTABLE))
    return causes


def _any_name(_name: str) -> list[str]:
    return []


def _bundle_cells(obj: Object, now: datetime) -> list[Any]:  # noqa: ARG001 - all cell functions have one signature
    """Return the cells of a ClusterTrustBundle."""
    return [name_cell(obj), (obj.get("spec") or {}).get("signerName") or NONE]


def _name_problems(name: str, signer: str) -> list[str]:
    """Return why a ClusterTrustBundle cannot have this name: that of a signer's begins with the signer."""
    if not signer:
        if ":" in name:
            return ['ClusterTrustBundle without signer name must not have ":" in its name']
        return is_dns1123_subdomain(name)
    prefix = signer.replace("/", ":") + ":"
    if not name.startswith(prefix):
        return [f"ClusterTrustBundle for signerName {signer} must be named with prefix {prefix}"]
    return is_dns1123_subdomain(name.removeprefix(prefix))


def _validate_request(obj: Object) -> list[Cause]:
    """Return the field errors of signer, names, uids and expiration. The key and the proof of it are not looked at."""
    spec = obj.get("spec") or {}
    signer = spec.get("signerName") or ""
    causes = [*signer_causes(signer)]
    for name, uid in (("podName", "podUID"), ("serviceAccountName", "serviceAccountUID"), ("nodeName", "nodeUID")):
        value, record = spec.get(name) or "", spec.get(uid) or ""
        causes += [messages.invalid(f"spec.{name}", value, why) for why in is_dns1123_subdomain(value)]
        if not record:
            causes.append(messages.invalid(f"spec.{uid}", record, "must not be empty"))
        if len(record) > _LONGEST_UID:
            causes.append(messages.too_long(f"spec.{uid}", _LONGEST_UID))
    seconds, path = spec.get("maxExpirationSeconds"), "spec.maxExpirationSeconds"
    if seconds is None:
        return [*causes, messages.required(path, "must be set")]
    domain = signer.partition("/")[0]
    is_own = domain == "kubernetes.io" or domain.endswith(".kubernetes.io")
    most = _LONGEST_OF_KUBERNETES if is_own else _LONGEST_SECONDS
    if not _SHORTEST_SECONDS <= seconds <= most:
        causes.append(messages.invalid(path, seconds, f"must be in the range [{_SHORTEST_SECONDS}, {most}]"))
    given = [bool(spec.get(name)) for name in ("stubPKCS10Request", "pkixPublicKey", "proofOfPossession")]
    if given not in ([True, False, False], [False, True, True]):
        causes.append(Cause("spec", "FieldValueInvalid", f"Invalid value: {_ONE_KEY}"))
    return causes


def _request_cells(obj: Object, now: datetime) -> list[Any]:  # noqa: ARG001 - all cell functions have one signature
    """Return the cells of a PodCertificateRequest."""
    spec = obj.get("spec") or {}
    state = "Pending"
    for one in (obj.get("status") or {}).get("conditions") or ():
        if one.get("type") in _STATES:
            state = one["type"]
    shown = [spec.get(name, "") for name in ("podName", "serviceAccountName", "nodeName", "signerName")]
    return [name_cell(obj), *shown, state, labels(spec.get("unverifiedUserAnnotations"))]


STRATEGIES = (
    Strategy(
        group=_GROUP,
        kind="CertificateSigningRequest",
        record_creator=_record_creator,
        prepare_update=_prepare_signing_update,
        reset_fields={"": ("spec", "status"), "status": ("spec",), "approval": ("spec",)},
        has_generation=False,
        columns=columns("Name/name|Age|SignerName|Requestor|RequestedDuration|Condition", _signing_cells),
        selectable_fields=selectable("spec.signerName"),
    ),
    Strategy(
        group=_GROUP,
        kind="ClusterTrustBundle",
        name_problems=_any_name,
        validate_with_old=_validate_bundle,
        has_generation=False,
        unconditional_update=False,
        columns=columns("Name/name|SignerName", _bundle_cells),
        selectable_fields=selectable("spec.signerName"),
    ),
    Strategy(
        group=_GROUP,
        kind="PodCertificateRequest",
        reset_fields={"status": ("spec", "metadata")},
        validate=_validate_request,
        validate_update=fixed_spec_causes,
        validate_status=status_condition_causes,
        has_generation=False,
        unconditional_update=False,
        columns=columns(_REQUEST, _request_cells),
        selectable_fields=selectable("spec.signerName", "spec.podName", "spec.nodeName"),
    ),
)
