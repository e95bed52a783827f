"""ReplicationControllers, which ReplicaSets replace."""

from kube_apiserver.defaulting.disabled_fields import kept_template
from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.kinds.apps.replica_sets import COLUMNS, COUNTERS
from kube_apiserver.kinds.apps.workloads import named_workload_warnings
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Draft, Object, SelectableField, Strategy
from kube_apiserver.validation.forms.members import negative_causes
from kube_apiserver.validation.pods.specs import always_restarted_causes, template_causes
from kube_apiserver.validation.pods.warnings import template_warnings


def _default(obj: Draft) -> None:
    """Set replicas, and selector, labels and the Pod template from the template."""
    spec = member(obj, "spec")
    fill(spec, replicas=1)
    if (template := spec.get("template")) is None:
        return
    default_template(template)
    labels = (template.get("metadata") or {}).get("labels")
    if labels and not spec.get("selector"):
        spec["selector"] = dict(labels)
    if labels and not obj["metadata"].get("labels"):
        obj["metadata"]["labels"] = dict(labels)


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of selector, replicas, minReadySeconds and the Pod template."""
    spec = obj.get("spec") or {}
    selector, template = spec.get("selector") or {}, spec.get("template")
    causes = [messages.declared(cause) for cause in negative_causes(spec, "spec", "minReadySeconds", "replicas")]
    if not selector:
        causes.append(messages.required("spec.selector"))
    if template is None:
        return [*causes, messages.required("spec.template")]
    labels = (template.get("metadata") or {}).get("labels")
    if any((labels or {}).get(key) != value for key, value in selector.items()):
        detail = "`selector` does not match template `labels`"
        causes.append(messages.invalid("spec.template.metadata.labels", labels, detail))
    causes += template_causes(template, "spec.template")
    return [*causes, *always_restarted_causes(template, "spec.template", "ReplicationController")]


def _warn(obj: Object, old: Object | None) -> list[str]:
    """Return the warnings about the Pod template. kube-apiserver warns of the old one on update."""
    if old is None:
        return named_workload_warnings(obj, None)
    return template_warnings(obj, old, "spec.template", (old.get("spec") or {}).get("template"))


STRATEGIES = (
    Strategy(
        kind="ReplicationController",
        default=_default,
        as_kept=kept_template("spec", "template"),
        validate=_validate,
        validate_status=COUNTERS.causes,
        warn=_warn,
        columns=COLUMNS,
        selectable_fields={"status.replicas": SelectableField("0")},
    ),
)
