"""PodCertificateRequests."""

from datetime import datetime
from typing import Any

from kube_apiserver.kinds.certificates.keys import public_key_causes, stub_request_causes
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import name_cell
from kube_apiserver.printer_columns.formats import labels
from kube_apiserver.schema import Cause, is_dns1123_subdomain, messages
from kube_apiserver.strategies import Object, Strategy, selectable
from kube_apiserver.validation.conditions import condition_causes
from kube_apiserver.validation.domain_names import prefixed_key_causes
from kube_apiserver.validation.fixed_values import fixed_spec_causes
from kube_apiserver.validation.signers import signer_causes

_GROUP = "certificates.k8s.io"
_STATES = ("Issued", "Denied", "Failed")
_ONE_STATE = 'There may be at most one condition with type "Issued", "Denied", or "Failed"'
_REQUEST = "Name/name|PodName|ServiceAccountName|NodeName|SignerName|State|UnverifiedUserAnnotations"
_LONGEST_UID = 128
_SHORTEST_SECONDS, _LONGEST_SECONDS, _LONGEST_OF_KUBERNETES = 3600, 91 * 86400, 86400
_ONE_KEY = "exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set"


def _validate_request(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of a new one: signer, names, UIDs, expiration, the key and the proof of it."""
    if old is not None:
        return []
    spec = obj.get("spec") or {}
    signer = spec.get("signerName") or ""
    causes = [*signer_causes(signer)]
    for key in spec.get("unverifiedUserAnnotations") or {}:
        causes += prefixed_key_causes(key.lower(), "spec.unverifiedUserAnnotations")
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
    stub, key, proof = (spec.get(name) or "" for name in ("stubPKCS10Request", "pkixPublicKey", "proofOfPossession"))
    if stub and not key and not proof:
        return causes + stub_request_causes(stub)
    if key and proof and not stub:
        return causes + public_key_causes(key, proof, spec.get("podUID") or "")
    return [*causes, messages.invalid_omitted("spec", _ONE_KEY)]


def _validate_request_status(obj: Object, old: Object) -> list[Cause]:
    """Return the field errors of conditions, and of changes that no condition announces."""
    status, before = obj.get("status") or {}, old.get("status") or {}
    causes, known = [], 0
    for position, one in enumerate(status.get("conditions") or ()):
        path, kind, state = f"status.conditions.[{position}]", one.get("type") or "", one.get("status") or ""
        if kind not in _STATES:
            causes.append(messages.not_supported(f"{path}.type", kind, _STATES))
            continue
        known += 1
        if known > 1:
            causes.append(messages.invalid(f"{path}.type", kind, _ONE_STATE))
        if state != "True":
            causes.append(messages.not_supported(f"{path}.status", state, ("True",)))
    causes += condition_causes(status)
    if causes:
        return causes
    if _state(before):
        return _fixed_status(status, before, "immutable after PodCertificateRequest is issued, denied, or failed")
    if _state(status) in ("Denied", "Failed"):
        kept = {"conditions": status["conditions"]}
        why = "non-condition status fields must be empty when denying or failing the PodCertificateRequest"
        return _fixed_status(status, kept, why)
    if _state(status):
        return []
    return _fixed_status(status, before, 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"')


def _state(status: Object) -> str:
    true = (one["type"] for one in status.get("conditions") or () if one.get("status") == "True")
    return next((kind for kind in true if kind in _STATES), "")


def _fixed_status(status: Object, wanted: Object, why: str) -> list[Cause]:
    return [] if status == wanted else [messages.invalid_omitted("status", why)]


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
        kind="PodCertificateRequest",
        reset_fields={"status": ("spec", "metadata")},
        validate_with_old=_validate_request,
        validate_update=fixed_spec_causes,
        validate_status=_validate_request_status,
        has_generation=False,
        unconditional_update=False,
        columns=columns(_REQUEST, _request_cells),
        selectable_fields=selectable("spec.signerName", "spec.podName", "spec.nodeName"),
    ),
)
