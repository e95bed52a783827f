"""The subresource eviction: deletion of a Pod unless its PodDisruptionBudget refuses.

The order of the checks and the messages follow kube-apiserver's ``registry/core/pod/storage/eviction.go``.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from kube_apiserver import codec
from kube_apiserver.admission import admit
from kube_apiserver.controllers.label_selectors import selector_text
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.registry import ServedResource
from kube_apiserver.requests.options import DeleteOptions, delete_options, dry_run_in_query
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import read_as
from kube_apiserver.selectors import LabelSelector, SelectorError
from kube_apiserver.storage import Item
from kube_apiserver.validation.conditions import condition, set_condition
from kube_apiserver.verbs.deleting import check_preconditions
from kube_apiserver.verbs.reading import find
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import StatusError, bad_request, forbidden
from kube_apiserver.wire.times import timestamp
from kube_apiserver.writes.deletion import delete_item
from kube_apiserver.writes.write_pipeline import store

_BUDGETS = "poddisruptionbudgets.policy"
_DONE = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
_TWO_BUDGETS = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
_VIOLATION = "Cannot evict pod as it would violate the pod's disruption budget."
_RETRY_SECONDS = 10
_MOST_UNCONFIRMED = 2000


async def evict(request: Request) -> Response:
    """Delete a Pod by its Eviction.

    Raises:
        StatusError: 429, the budget allows no disruption now; 403, the status of the budget is unusable; 409, a
            precondition does not hold.
    """
    body = await read_as(request, "io.k8s.api.policy.v1.Eviction", "Eviction")
    if (body.get("metadata") or {}).get("name", "") != request.target.name:
        raise bad_request("name in URL does not match name in Eviction object")
    options = delete_options(_options(request, body))
    shown = {**body, "apiVersion": "policy/v1", "kind": "Eviction"}
    admit(request, "CREATE", shown, None, dry_run=options.dry_run)
    item = find(request)
    pod = to_served(request.resource, item)
    if not _ignores_budgets(pod):
        budgets = _budgets_of(request, item)
        if len(budgets) > 1:
            raise StatusError(500, "", _TWO_BUDGETS)
        if budgets and not _is_unhealthy_and_allowed(pod, budgets[0]):
            _take(request, item.name, budgets[0], dry_run=options.dry_run)
    check_preconditions(request, item, options)
    last = _delete(request, item, pod, options)
    await request.cluster.store.durable(last.revision)
    return Response(codec.encode(_DONE), 201)


def _options(request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the DeleteOptions of an Eviction, with the ``dryRun`` of the request.

    Raises:
        StatusError: 500, both have one, and they differ; nothing in kube-apiserver makes a client error of it.
    """
    options, of_request = body.get("deleteOptions") or {}, dry_run_in_query(request)
    of_body = options.get("dryRun") or of_request
    if of_request and of_body != of_request:
        shown = (f"[{' '.join(each)}]" for each in (of_request, of_body))
        raise StatusError(500, "", f"Non-matching dry-run options in request and content: {' and '.join(shown)}")
    return {**options, "dryRun": of_body}


def _delete(request: Request, item: Item, pod: dict[str, Any], options: DeleteOptions) -> Item:
    """Delete the Pod, with the reason in its conditions. Return its last state."""
    if not options.dry_run:
        set_true_condition(
            request, pod, "DisruptionTarget", reason="EvictionByEvictionAPI", message="Eviction API: evicting"
        )
        item = store(request.cluster, request.resource, pod)
    return delete_item(request.cluster, request.resource, item, structs.replace(options, resource_version=""))[0]


def set_true_condition(request: Request, pod: dict[str, Any], kind: str, **words: str) -> None:
    """Set a true condition in the status of a Pod."""
    now = timestamp(request.cluster.clock.now())
    entry = {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": now, **words}
    status = pod.setdefault("status", {})
    others = [each for each in status.get("conditions") or () if each["type"] != kind]
    status["conditions"] = [*others, entry]


def _ignores_budgets(pod: dict[str, Any]) -> bool:
    """Report whether the Pod runs nothing that a budget protects."""
    phase = (pod.get("status") or {}).get("phase")
    return phase in {"Succeeded", "Failed", "Pending"} or bool(pod["metadata"].get("deletionTimestamp"))


def _budgets(request: Request) -> ServedResource:
    resource = request.cluster.registry.for_bucket(_BUDGETS)
    if resource is None:
        raise LookupError("policy/v1 is built in")
    return resource


def _budgets_of(request: Request, pod: Item) -> list[dict[str, Any]]:
    resource = _budgets(request)
    items = request.cluster.store.bucket(_BUDGETS).items.values()
    budgets = (to_served(resource, item) for item in items if item.namespace == pod.namespace)
    return [budget for budget in budgets if _selects(budget, pod)]


def _selects(budget: dict[str, Any], pod: Item) -> bool:
    selector = (budget.get("spec") or {}).get("selector")
    if selector is None:
        return False
    try:
        return LabelSelector.parse(selector_text(selector)).matches(pod.labels)
    except SelectorError:
        return False  # kube-apiserver skips such a budget too


def _is_unhealthy_and_allowed(pod: dict[str, Any], budget: dict[str, Any]) -> bool:
    """Report whether the Pod is not ready, and its budget lets such Pods go without counting them."""
    ready = condition(pod, "Ready")
    if ready is not None and ready["status"] == "True":
        return False
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status") or {}
    desired = status.get("desiredHealthy", 0)
    return bool(desired > 0 and status.get("currentHealthy", 0) >= desired)


def _take(request: Request, pod: str, budget: dict[str, Any], *, dry_run: bool) -> None:
    """Take one disruption from the budget, and record the Pod in its status.

    Raises:
        StatusError: 429 or 403, as in ``evict``.
    """
    name, status = budget["metadata"]["name"], budget.get("status") or {}
    allowed = status.get("disruptionsAllowed", 0)
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
        raise _too_many(f"The disruption budget {name} is still being processed by the server.", _RETRY_SECONDS)
    if allowed < 0:
        why = "pdb disruptions allowed is negative"
        raise _unusable(name, why, why)
    if len(status.get("disruptedPods") or ()) > _MOST_UNCONFIRMED:
        why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
        raise _unusable(name, why, "too many pending evictions not confirmed by PDB controller")
    if allowed == 0:
        raise _too_many(_why_none_is_allowed(budget))
    if dry_run:
        return
    now = timestamp(request.cluster.clock.now())
    status["disruptionsAllowed"] = allowed - 1
    status["disruptedPods"] = {**(status.get("disruptedPods") or {}), pod: now}
    if allowed == 1:
        set_condition(budget, "DisruptionAllowed", "False", "InsufficientPods", "", now)
        for entry in status["conditions"]:
            if entry["type"] == "DisruptionAllowed":
                entry["observedGeneration"] = status["observedGeneration"]
    store(request.cluster, _budgets(request), budget)


def _why_none_is_allowed(budget: dict[str, Any]) -> str:
    status, subject = budget.get("status") or {}, f"The disruption budget {budget['metadata']['name']}"
    current, desired = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
    found = condition(budget, "DisruptionAllowed") or {}
    message = found.get("message") if found.get("status") == "False" else ""
    if message and found["reason"] == "SyncFailed":
        return f"{subject} does not allow evicting pods currently because it failed sync: {message}"
    if current <= desired:
        return f"{subject} needs {desired} healthy pods and has {current} currently"
    if message:
        return f"{subject} does not allow evicting pods currently ({found['reason']}): {message}"
    return f"{subject} does not allow evicting pods currently"


def _too_many(cause: str, retry_seconds: int = 0) -> StatusError:
    details: dict[str, Any] = {"causes": [{"reason": "DisruptionBudget", "message": cause}]}
    if not retry_seconds:
        return StatusError(429, "TooManyRequests", _VIOLATION, details)
    details["retryAfterSeconds"] = retry_seconds
    return StatusError(429, "TooManyRequests", _VIOLATION, details, {"Retry-After": str(retry_seconds)})


def _unusable(name: str, why: str, cause: str) -> StatusError:
    error = forbidden("poddisruptionbudget", "policy", name, why)
    message = f"The disruption budget {name} does not allow evicting pods currently: {cause}"
    causes = [{"reason": "DisruptionBudget", "message": message}]
    return StatusError(error.code, error.reason, error.message, {**(error.details or {}), "causes": causes})
