"""Defaults of Pod templates, which Pods share."""

from typing import Any

from kube_apiserver.defaulting.fields import fill

Object = dict[str, Any]
_FILE_MODE = 0o644


def default_template(template: Object) -> None:
    """Set the defaults of a ``PodTemplateSpec`` or a Pod in place."""
    spec = template["spec"] = template.get("spec") or {}
    spec["dnsPolicy"] = spec.get("dnsPolicy") or "ClusterFirst"
    spec["restartPolicy"] = spec.get("restartPolicy") or "Always"
    spec["schedulerName"] = spec.get("schedulerName") or "default-scheduler"
    # The old name stays an alias of the new one.
    if account := spec.get("serviceAccountName") or spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    fill(spec, securityContext={}, terminationGracePeriodSeconds=30)
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(kind) or ():
            _container(container, bool(spec.get("hostNetwork")))
    for volume in spec.get("volumes") or ():
        _volume(volume)


def _container(container: Object, host_network: bool) -> None:
    container["terminationMessagePath"] = container.get("terminationMessagePath") or "/dev/termination-log"
    container["terminationMessagePolicy"] = container.get("terminationMessagePolicy") or "File"
    image = str(container.get("image") or "")
    container["imagePullPolicy"] = container.get("imagePullPolicy") or _pull_policy(image)
    for port in container.get("ports") or ():
        port["protocol"] = port.get("protocol") or "TCP"
        if host_network and not port.get("hostPort"):
            port["hostPort"] = port.get("containerPort", 0)
    for variable in container.get("env") or ():
        _field_reference((variable.get("valueFrom") or {}).get("fieldRef"))
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(name):
            _probe(container[name])
    for hook in (container.get("lifecycle") or {}).values():
        _http_get(hook)


def _pull_policy(image: str) -> str:
    if "@" in image:
        return "IfNotPresent"
    tag = image.rpartition("/")[2].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _probe(probe: Object) -> None:
    for name, value in (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)):
        probe[name] = probe.get(name) or value
    _http_get(probe)
    if probe.get("grpc"):
        fill(probe["grpc"], service="")


def _http_get(action: Any) -> None:
    if isinstance(action, dict) and action.get("httpGet"):
        action["httpGet"]["scheme"] = action["httpGet"].get("scheme") or "HTTP"
        action["httpGet"]["path"] = action["httpGet"].get("path") or "/"


def _field_reference(reference: Any) -> None:
    if isinstance(reference, dict):
        reference["apiVersion"] = reference.get("apiVersion") or "v1"


def _volume(volume: Object) -> None:
    if not any(key != "name" and value is not None for key, value in volume.items()):
        volume["emptyDir"] = {}
    for kind in ("configMap", "secret", "downwardAPI", "projected"):
        if volume.get(kind) is not None:
            fill(volume[kind], defaultMode=_FILE_MODE)
    for item in (volume.get("downwardAPI") or {}).get("items") or ():
        _field_reference(item.get("fieldRef"))
    for source in (volume.get("projected") or {}).get("sources") or ():
        if source.get("serviceAccountToken") is not None:
            fill(source["serviceAccountToken"], expirationSeconds=3600)
        for item in (source.get("downwardAPI") or {}).get("items") or ():
            _field_reference(item.get("fieldRef"))
    if volume.get("hostPath") is not None:
        fill(volume["hostPath"], type="")
