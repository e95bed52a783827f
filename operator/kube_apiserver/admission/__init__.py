"""Admission of writes by ValidatingAdmissionPolicies, after validation and before the object is stored.

Owns what a policy and its bindings match, their parameters, and the verdict of their expressions. Rules and words are
those of ``k8s.io/apiserver/pkg/admission/plugin/policy``. A policy takes effect at once; kube-apiserver needs a second.

The server evaluates no MutatingAdmissionPolicy, calls no webhook and has no ``authorizer`` in expressions. It has no
audit log, so audit annotations are evaluated for their failures only.
"""

from kube_apiserver.admission.attributes import Attributes, attributes_of
from kube_apiserver.requests.request import Request
from kube_apiserver.strategies import Object

_BINDINGS = "validatingadmissionpolicybindings.admissionregistration.k8s.io"


def has_policies(request: Request) -> bool:
    """Report whether any policy is in force; most servers have none."""
    return bool(request.cluster.store.bucket(_BINDINGS).items)


def admit(
    request: Request, operation: str, obj: Object | None, old: Object | None, *, dry_run: bool, name: str = ""
) -> None:
    """Ask the policies about a write.

    Args:
        request: the request; what policies warn of is added to its warnings.
        operation: ``CREATE``, ``UPDATE`` or ``DELETE``.
        obj: the object as it would be stored, None for a delete.
        old: the stored object, None for a create.
        dry_run: whether the write is tried only.
        name: name of the object, if the path does not have it.

    Raises:
        StatusError: a policy denies the write, with the status that it chooses.
    """
    if not has_policies(request):
        return
    # Imported on demand: few servers get policies.
    from kube_apiserver.admission.verdicts import judge

    judge(request, attributes_of(request, operation, obj, old, dry_run=dry_run, name=name))


__all__ = ["Attributes", "admit", "has_policies"]
