"""CertificateSigningRequests."""

from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import NONE
from kube_apiserver.strategies import Object, Strategy, selectable


def _cells(obj: Object, now: datetime) -> list[Any]:
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


STRATEGIES = (
    Strategy(
        group="certificates.k8s.io",
        kind="CertificateSigningRequest",
        has_generation=False,
        columns=columns("Name/name|Age|SignerName|Requestor|RequestedDuration|Condition", _cells),
        selectable_fields=selectable("spec.signerName"),
    ),
)
