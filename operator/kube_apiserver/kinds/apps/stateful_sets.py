"""StatefulSets."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.claims import default_claim
from kube_apiserver.defaulting.disabled_fields import kept_template
from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.kinds.apps.workloads import (
    COUNTS,
    container_cells,
    selector_causes_of,
    unmatched_causes,
    workload_warnings,
)
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.schema import Cause, is_dns1123_label, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import IMMUTABLE, is_changed
from kube_apiserver.validation.forms.members import choice_causes, negative_causes, problem_causes
from kube_apiserver.validation.forms.percentages import amount_causes, amount_of, at_most_all_causes
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.pods.specs import always_restarted_causes, template_causes
from kube_apiserver.validation.pods.warnings import claim_warnings
from kube_apiserver.validation.status_counters import Counters
from kube_apiserver.validation.volumes.claims import claim_spec_causes

_RETENTION = "persistentVolumeClaimRetentionPolicy"
_MANAGEMENT = ("OrderedReady", "Parallel")
_PARTS = ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
_COUNTERS = Counters(("replicas", *_PARTS, *COUNTS), _PARTS, "status.readyReplicas")


def _default(obj: Draft) -> None:
    """Set replicas, policies, update strategy, claim templates and the Pod template."""
    spec = member(obj, "spec")
    fill(spec, replicas=1, revisionHistoryLimit=10)
    spec["podManagementPolicy"] = spec.get("podManagementPolicy") or "OrderedReady"
    strategy = member(spec, "updateStrategy")
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
        member(strategy, "rollingUpdate")
    if strategy["type"] == "RollingUpdate" and strategy.get("rollingUpdate") is not None:
        fill(strategy["rollingUpdate"], partition=0, maxUnavailable=1)
    policy = member(spec, _RETENTION)
    policy["whenDeleted"] = policy.get("whenDeleted") or "Retain"
    policy["whenScaled"] = policy.get("whenScaled") or "Retain"
    for claim in spec.get("volumeClaimTemplates") or ():
        claim |= {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
        default_claim(claim)
    default_template(member(spec, "template"))


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of policies, update strategy, claim templates, selector and the Pod template."""
    spec = obj.get("spec") or {}
    causes: list[Cause] = []
    policy = spec.get("podManagementPolicy") or ""
    if policy not in _MANAGEMENT:
        detail = f"must be '{_MANAGEMENT[0]}' or '{_MANAGEMENT[1]}'"
        causes.append(messages.invalid("spec.podManagementPolicy", policy, detail))
    causes += _strategy(spec.get("updateStrategy") or {})
    for when in ("whenDeleted", "whenScaled"):
        causes += choice_causes(spec.get(_RETENTION) or {}, f"spec.{_RETENTION}", when, ("Retain", "Delete"))
    # They are immutable, so an update does not look at them.
    for position, claim in enumerate(spec.get("volumeClaimTemplates") or () if old is None else ()):
        causes += claim_spec_causes(claim.get("spec") or {}, f"spec.volumeClaimTemplates[{position}].spec")
    causes += negative_causes(spec, "spec", "replicas", "minReadySeconds")
    if (first := (spec.get("ordinals") or {}).get("start") or 0) < 0:
        causes.append(messages.invalid("spec.ordinals.start", first, "must be greater than or equal to 0"))
    if name := spec.get("serviceName"):
        causes += problem_causes("spec.serviceName", name, is_dns1123_label(name))
    selecting = selector_causes_of(spec, "statefulset")
    # A missing selector is refused by a tag of the Go type.
    causes += selecting if spec.get("selector") is not None else map(messages.declared, selecting)
    return [*causes, *_template(spec)]


def _template(spec: Object) -> Iterator[Cause]:
    template, selector = spec.get("template") or {}, spec.get("selector")
    if selector is not None and selector_causes(selector, "spec.selector"):
        yield messages.invalid("spec.selector", selector, "")
    else:
        yield from unmatched_causes(spec)
        yield from template_causes(_with_claims(template, spec), "spec.template")
    yield from always_restarted_causes(template, "spec.template", "StatefulSet")


def _with_claims(template: Object, spec: Object) -> dict[str, Any]:
    """Return a Pod template with the volumes that the claims become, and without the names that Pods get."""
    names = [(claim.get("metadata") or {}).get("name") or "" for claim in spec.get("volumeClaimTemplates") or ()]
    inner = {key: value for key, value in (template.get("spec") or {}).items() if key not in ("hostname", "subdomain")}
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in dict.fromkeys(names)]
    kept = [volume for volume in inner.get("volumes") or () if volume.get("name") not in names]
    return {**template, "spec": {**inner, "volumes": [*volumes, *kept]}}


def _strategy(strategy: Object) -> Iterator[Cause]:
    kind, rolling, path = strategy.get("type") or "", strategy.get("rollingUpdate"), "spec.updateStrategy"
    shown = None
    if rolling is not None:
        limit = rolling.get("maxUnavailable")
        shown = {"Partition": rolling.get("partition", 0), "MaxUnavailable": limit}
    if kind == "OnDelete":
        if rolling is not None:
            yield messages.invalid(f"{path}.rollingUpdate", shown, "only allowed for updateStrategy 'RollingUpdate'")
    elif kind != "RollingUpdate":
        detail = "must be 'RollingUpdate' or 'OnDelete'"
        yield messages.invalid(path, {"Type": kind, "RollingUpdate": shown}, detail)
    elif rolling is not None:
        yield from negative_causes(rolling, f"{path}.rollingUpdate", "partition")
        if (limit := rolling.get("maxUnavailable")) is not None:
            where = f"{path}.rollingUpdate.maxUnavailable"
            yield from amount_causes(limit, where)
            if not amount_of(limit):
                yield messages.invalid(where, limit, "cannot be 0")
            yield from at_most_all_causes(limit, where)


def _warn(obj: Object, old: Object | None) -> list[str]:
    """Return the warnings about the Pod template, the claim templates and limits below zero."""
    spec, found = obj.get("spec") or {}, workload_warnings(obj, old)
    end = "" if old is None else ".Spec"
    for position, claim in enumerate(spec.get("volumeClaimTemplates") or ()):
        found += claim_warnings(claim.get("spec") or {}, f"spec.volumeClaimTemplates[{position}]{end}")
    if (limit := spec.get("revisionHistoryLimit")) is not None and limit < 0:
        detail = "a negative value retains all historical revisions; a value >= 0 is recommended"
        found.append(f"spec.revisionHistoryLimit: {detail}")
    return found


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of selector, volumeClaimTemplates, serviceName or podManagementPolicy."""
    spec = new.get("spec") or {}
    names = ("selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy")
    changed = [name for name in names if is_changed(old, new, "spec", name)]
    return [messages.declared(messages.invalid(f"spec.{name}", spec.get(name), IMMUTABLE)) for name in changed]


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a StatefulSet."""
    name, spec, status = parts(obj)
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    return [name, ready, age_cell(obj, now), *container_cells(spec.get("template"))]


STRATEGIES = (
    Strategy(
        group="apps",
        kind="StatefulSet",
        default=_default,
        as_kept=kept_template("spec", "template"),
        validate_with_old=_validate,
        warn=_warn,
        validate_update=_validate_update,
        validate_status=_COUNTERS.causes,
        columns=columns("Name/name|Ready|Age|Containers*1|Images*1", _cells),
    ),
)
