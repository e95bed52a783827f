"""MutatingAdmissionPolicies and ValidatingAdmissionPolicies."""

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.kinds.admissionregistration.matching import default_matches
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.conditions import status_condition_causes

_GROUP = "admissionregistration.k8s.io"


def _default(obj: Draft) -> None:
    """Set the failure policy, and selectors and scopes of what is matched."""
    spec = member(obj, "spec")
    fill(spec, failurePolicy="Fail")
    default_matches(spec.get("matchConstraints"))


def _validate_validating(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of what is matched, variables, validations and annotations, with their expressions."""
    # Imported on demand: few servers get policies.
    from kube_apiserver.kinds.admissionregistration.policy_rules import validating_causes

    return validating_causes(obj, old)


def _validate_mutating(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of what is matched, variables and mutations, with their expressions."""
    from kube_apiserver.kinds.admissionregistration.policy_rules import mutating_causes

    return mutating_causes(obj, old)


def _validate_status(obj: Object, old: Object) -> list[Cause]:
    """Return the field errors of warnings and conditions."""
    status = obj.get("status") or {}
    causes = []
    for position, warning in enumerate((status.get("typeChecking") or {}).get("expressionWarnings") or ()):
        path = f"status.typeChecking.expressionWarnings[{position}]"
        if not warning.get("warning"):
            causes.append(messages.required(f"{path}.warning"))
        if not (warning.get("fieldRef") or "").strip():
            causes.append(messages.required(f"{path}.fieldRef"))
    return causes + status_condition_causes(obj, old)


STRATEGIES = (
    Strategy(
        group=_GROUP,
        kind="ValidatingAdmissionPolicy",
        unconditional_update=False,
        default=_default,
        validate_with_old=_validate_validating,
        validate_status=_validate_status,
        reset_fields={"status": ("spec", "metadata")},
    ),
    Strategy(
        group=_GROUP,
        kind="MutatingAdmissionPolicy",
        unconditional_update=False,
        default=_default,
        validate_with_old=_validate_mutating,
    ),
)
