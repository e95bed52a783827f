"""Defaults of Pod templates, which Pods share."""

import re
from typing import Any

from kube_apiserver.defaulting.fields import fill, member

Object = dict[str, Any]
_FILE_MODE = 0o644
_LONGEST_NAME, _LONGEST = 255, 1024
_PART = "[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*"
_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])"
# A first part with a dot, a port or upper case is a host, and so is localhost.
_HOST = rf"(?:(?=[^/]*[.:A-Z]|localhost/){_DOMAIN}(?::[0-9]+)?/)?"
_IMAGE = re.compile(
    rf"(?P<name>{_HOST}{_PART}(?:/{_PART})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?"
    r"(?P<digest>@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)


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
            _container(container)
    for volume in spec.get("volumes") or ():
        _volume(volume)


def _container(container: Object) -> None:
    container["terminationMessagePath"] = container.get("terminationMessagePath") or "/dev/termination-log"
    container["terminationMessagePolicy"] = container.get("terminationMessagePolicy") or "File"
    image = str(container.get("image") or "")
    container["imagePullPolicy"] = container.get("imagePullPolicy") or _pull_policy(image)
    for port in container.get("ports") or ():
        port["protocol"] = port.get("protocol") or "TCP"
    for variable in container.get("env") or ():
        _field_reference((variable.get("valueFrom") or {}).get("fieldRef"))
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(name) is not None:
            _probe(container[name])
    for hook in (container.get("lifecycle") or {}).values():
        _http_get(hook)


def _pull_policy(image: str) -> str:
    """Return the policy of an image: one without a tag, or with the tag ``latest``, may change."""
    match = _IMAGE.fullmatch(image) if len(image) < _LONGEST else None
    if match is None or len(match["name"]) > _LONGEST_NAME:
        return "IfNotPresent"
    return "Always" if (match["tag"] or ("" if match["digest"] else "latest")) == "latest" else "IfNotPresent"


def _probe(probe: Object) -> None:
    for name, value in (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)):
        probe[name] = probe.get(name) or value
    _http_get(probe)
    if probe.get("grpc") is not None:
        fill(probe["grpc"], service="")


def _http_get(action: Any) -> None:
    if isinstance(action, dict) and action.get("httpGet") is not None:
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
    _files(volume)
    for source in (volume.get("projected") or {}).get("sources") or ():
        if source.get("serviceAccountToken") is not None:
            fill(source["serviceAccountToken"], expirationSeconds=3600)
        _files(source)
    if volume.get("hostPath") is not None:
        fill(volume["hostPath"], type="")
    if (image := volume.get("image")) is not None:
        image["pullPolicy"] = image.get("pullPolicy") or _pull_policy(image.get("reference") or "")
    template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
    if template is not None:
        fill(member(template, "spec"), volumeMode="Filesystem")


def _files(holder: Object) -> None:
    for item in (holder.get("downwardAPI") or {}).get("items") or ():
        _field_reference(item.get("fieldRef"))
