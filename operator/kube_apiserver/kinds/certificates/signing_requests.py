"""CertificateSigningRequests."""

import base64
from collections import Counter
from datetime import datetime
from typing import Any

from kube_apiserver.kinds.certificates.pem import certificate_problem, signing_request_problem
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import NONE
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Draft, Object, Strategy, selectable
from kube_apiserver.validation.signers import signer_causes

_GROUP = "certificates.k8s.io"
_OF_CREATOR = frozenset({"username", "uid", "groups", "extra"})
_LEGACY_SIGNER, _SHORTEST_SIGNED = "kubernetes.io/legacy-unknown", 600
_DECIDED = ("Approved", "Denied", "Failed")
_USAGES = (
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
)


def _record_creator(obj: Draft, user: Object) -> None:
    """Set username, uid, groups and extra of the user that creates it."""
    kept = {name: value for name, value in (obj.get("spec") or {}).items() if name not in _OF_CREATOR}
    obj["spec"] = {**kept, **user}


def _prepare_signing_update(old: Object, new: Draft) -> None:
    """Restore spec."""
    new["spec"] = old["spec"]


def _validate_signing(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of the request, usages, signerName, expirationSeconds, conditions and certificate."""
    return _spec_causes(obj.get("spec") or {}, None if old is None else old.get("spec") or {}) + _status_causes(
        obj, old
    )


def _spec_causes(spec: Object, old: Object | None) -> list[Cause]:
    request, usages, signer = spec.get("request") or "", spec.get("usages") or (), spec.get("signerName") or ""
    causes = []
    if problem := signing_request_problem(request):
        causes.append(messages.invalid("spec.request", [*base64.b64decode(request)] or None, problem))
    if not usages:
        causes.append(messages.required("spec.usages"))
    causes += [
        messages.not_supported(f"spec.usages[{position}]", usage, _USAGES)
        for position, usage in enumerate(usages)
        if usage not in _USAGES and (old is None or all(one in _USAGES for one in old.get("usages") or ()))
    ]
    causes += [
        messages.duplicate(f"spec.usages[{position}]", usage)
        for position, usage in enumerate(usages)
        if usage in usages[:position] and (old is None or not _repeats(old.get("usages") or ()))
    ]
    if signer == _LEGACY_SIGNER:
        why = "the legacy signerName is not allowed via this API version"
        causes += [messages.invalid("spec.signerName", signer, why)] if old is None else []
    else:
        causes += signer_causes(signer)
    seconds = spec.get("expirationSeconds")
    if seconds is not None and seconds < _SHORTEST_SIGNED:
        why = "may not specify a duration less than 600 seconds (10 minutes)"
        causes.append(messages.invalid("spec.expirationSeconds", seconds, why))
    return causes


def _status_causes(obj: Object, old: Object | None) -> list[Cause]:
    before = _conditions(old or {})
    lacks_type, repeated = any(not one.get("type") for one in before), _repeats([one.get("type") for one in before])
    causes, seen = [], set[str]()
    for position, one in enumerate(_conditions(obj)):
        path, kind, state = f"status.conditions[{position}]", one.get("type") or "", one.get("status") or ""
        if not kind and not lacks_type:
            causes.append(messages.required(f"{path}.type"))
        allowed = ("True",) if kind in _DECIDED else ("False", "True", "Unknown")
        if not state:
            causes.append(messages.required(f"{path}.status"))
        elif state not in allowed:
            causes.append(messages.not_supported(f"{path}.status", state, allowed))
        if kind in seen and not repeated:
            causes.append(messages.duplicate(f"{path}.type", kind))
        seen.add(kind)
    certificate = (obj.get("status") or {}).get("certificate") or ""
    if certificate != ((old or {}).get("status") or {}).get("certificate", "") and (
        problem := certificate_problem(certificate)
    ):
        causes.append(messages.invalid("status.certificate", "<certificate data>", problem))
    return causes


def _validate_signing_status(obj: Object, old: Object) -> list[Cause]:
    """Return the field errors of conditions and certificate, and of decisions, which only ``/approval`` takes."""
    causes, path = _status_causes(obj, old), "status.conditions"
    counts = [Counter(one.get("type") for one in _conditions(each)) for each in (old, obj)]
    for kind in _DECIDED:
        if counts[1][kind] < counts[0][kind]:
            causes.append(messages.forbidden(path, f'updates may not remove a condition of type "{kind}"'))
    for kind in ("Approved", "Denied"):
        if counts[1][kind] > counts[0][kind]:
            causes.append(messages.forbidden(path, f'updates may not add a condition of type "{kind}"'))
    stored, new = ((each.get("status") or {}).get("certificate") or "" for each in (old, obj))
    if stored and stored != new:
        causes.append(messages.forbidden("status.certificate", "updates may not modify existing certificate content"))
    return causes


def _conditions(obj: Object) -> Any:
    return (obj.get("status") or {}).get("conditions") or ()


def _repeats(names: Any) -> bool:
    return len(set(names)) < len(names)


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


def _any_name(_name: str) -> list[str]:
    return []


STRATEGIES = (
    Strategy(
        group=_GROUP,
        kind="CertificateSigningRequest",
        record_creator=_record_creator,
        prepare_update=_prepare_signing_update,
        name_problems=_any_name,
        validate_with_old=_validate_signing,
        validate_status=_validate_signing_status,
        reset_fields={"": ("spec", "status"), "status": ("spec",), "approval": ("spec",)},
        has_generation=False,
        columns=columns("Name/name|Age|SignerName|Requestor|RequestedDuration|Condition", _signing_cells),
        selectable_fields=selectable("spec.signerName"),
    ),
)
