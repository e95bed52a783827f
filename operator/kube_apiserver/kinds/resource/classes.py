"""DeviceClasses."""

from kube_apiserver.kinds.resource.names import declared_all, extended_resource_causes
from kube_apiserver.kinds.resource.parameters import configuration_causes
from kube_apiserver.kinds.resource.selections import device_selector_causes
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Deletion, Object, Strategy

_MOST = 32


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of selectors, configurations and the name of the resource."""
    spec, before = obj.get("spec") or {}, None if old is None else old.get("spec") or {}
    causes: list[Cause] = []
    if before is None or before.get("selectors") != spec.get("selectors"):
        causes += device_selector_causes(spec.get("selectors") or (), "spec.selectors")
    configurations = spec.get("config") or ()
    if len(configurations) > _MOST:
        causes.append(messages.declared(messages.too_many("spec.config", len(configurations), _MOST)))
    else:
        for position, each in enumerate(configurations):
            causes += configuration_causes(each, f"spec.config[{position}]")
    name = spec.get("extendedResourceName")
    if name is not None and (before is None or before.get("extendedResourceName") != name):
        causes += declared_all(extended_resource_causes(name, "spec.extendedResourceName"))
    return causes


STRATEGIES = (
    Strategy(
        group="resource.k8s.io",
        kind="DeviceClass",
        validate_with_old=_validate,
        deletion=Deletion(returns_object=True),
    ),
)
