"""ClusterTrustBundles."""

from datetime import datetime
from typing import Any

from kube_apiserver.kinds.certificates.pem import anchor_causes
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import name_cell
from kube_apiserver.printer_columns.formats import NONE
from kube_apiserver.schema import Cause, is_dns1123_subdomain, messages
from kube_apiserver.strategies import Object, Strategy, selectable
from kube_apiserver.validation.fixed_values import IMMUTABLE, is_changed
from kube_apiserver.validation.signers import signer_causes

_GROUP = "certificates.k8s.io"


def _validate_bundle(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of signerName and trustBundle."""
    spec = obj.get("spec") or {}
    signer = spec.get("signerName") or ""
    causes = [*signer_causes(signer)] if signer else []
    if old is None or is_changed(old, obj, "spec", "trustBundle"):
        causes += anchor_causes(spec.get("trustBundle") or "")
    if old is not None and is_changed(old, obj, "spec", "signerName"):
        causes.append(messages.invalid("spec.signerName", signer, IMMUTABLE))
    return causes


def _any_name(_name: str) -> list[str]:
    return []


def _bundle_cells(obj: Object, now: datetime) -> list[Any]:  # noqa: ARG001 - all cell functions have one signature
    """Return the cells of a ClusterTrustBundle."""
    return [name_cell(obj), (obj.get("spec") or {}).get("signerName") or NONE]


def _name_problems(obj: Object) -> list[str]:
    """Return why a ClusterTrustBundle cannot have its name: that of a signer's begins with the signer."""
    name, signer = obj["metadata"]["name"], (obj.get("spec") or {}).get("signerName") or ""
    if not signer:
        if ":" in name:
            return ['ClusterTrustBundle without signer name must not have ":" in its name']
        return is_dns1123_subdomain(name)
    prefix = signer.replace("/", ":") + ":"
    if not name.startswith(prefix):
        return [f"ClusterTrustBundle for signerName {signer} must be named with prefix {prefix}"]
    return is_dns1123_subdomain(name.removeprefix(prefix))


STRATEGIES = (
    Strategy(
        group=_GROUP,
        kind="ClusterTrustBundle",
        name_problems=_any_name,
        name_of_content=_name_problems,
        validate_with_old=_validate_bundle,
        has_generation=False,
        unconditional_update=False,
        columns=columns("Name/name|SignerName", _bundle_cells),
        selectable_fields=selectable("spec.signerName"),
    ),
)
