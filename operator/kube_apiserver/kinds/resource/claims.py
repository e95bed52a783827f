"""ResourceClaims and ResourceClaimTemplates."""

from kube_apiserver.kinds.resource.allocations import validate_status
from kube_apiserver.kinds.resource.requests import default_devices, default_tolerations, device_causes
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import IMMUTABLE, fixed_spec_causes, is_changed
from kube_apiserver.validation.label_selectors import label_causes
from kube_apiserver.validation.object_meta import annotation_causes

_GROUP = "resource.k8s.io"
# Errors name fields as Go does, but for the first letter.
_GO_NAMES = {"uid": "uID"}
_LISTS = ("ownerReferences", "finalizers", "managedFields")
#: The metadata that a template cannot have, in the order of the errors.
_FORBIDDEN = (
    *("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation"),
    *("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"),
    *_LISTS,
)
_RETURNED = Deletion(returns_object=True)


def _default_claim(obj: Draft) -> None:
    """Set allocation modes and counts of requests, and operators of tolerations."""
    default_devices((obj.get("spec") or {}).get("devices") or {})
    allocation = (obj.get("status") or {}).get("allocation") or {}
    for result in (allocation.get("devices") or {}).get("results") or ():
        default_tolerations(result)


def _default_template(obj: Draft) -> None:
    """Set allocation modes and counts of requests, and operators of tolerations."""
    default_devices(((obj.get("spec") or {}).get("spec") or {}).get("devices") or {})


def _validate_claim(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of requests, constraints and configurations of a new claim."""
    return [] if old is not None else [*device_causes((obj.get("spec") or {}).get("devices") or {}, "spec.devices")]


def _validate_claim_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of spec."""
    return [messages.declared(messages.invalid("spec", None, IMMUTABLE))] if is_changed(old, new, "spec") else []


def _validate_template(obj: Object) -> list[Cause]:
    """Return the field errors of the labels and annotations, and of requests, constraints and configurations."""
    spec = obj.get("spec") or {}
    metadata = spec.get("metadata") or {}
    causes = annotation_causes(metadata.get("annotations") or {}, "spec.metadata")
    causes += label_causes(metadata.get("labels") or {}, "spec.metadata.labels")
    causes += [
        messages.forbidden(f"spec.metadata.{_GO_NAMES.get(name, name)}", "cannot be set")
        for name in _FORBIDDEN
        if metadata.get(name) not in (None, "", 0)
    ]
    return [*causes, *device_causes((spec.get("spec") or {}).get("devices") or {}, "spec.spec.devices")]


STRATEGIES = (
    Strategy(
        group=_GROUP,
        kind="ResourceClaim",
        default=_default_claim,
        validate_with_old=_validate_claim,
        validate_update=_validate_claim_update,
        validate_status=validate_status,
        has_generation=False,
        reset_fields={"status": ("spec", "metadata")},
        deletion=_RETURNED,
    ),
    Strategy(
        group=_GROUP,
        kind="ResourceClaimTemplate",
        default=_default_template,
        validate=_validate_template,
        validate_update=fixed_spec_causes,
        sees_empty=tuple(("spec", "metadata", name) for name in _LISTS),
        has_generation=False,
        deletion=_RETURNED,
    ),
)
