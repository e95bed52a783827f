"""Validation of the sources of volumes that Pods and PersistentVolumes have in common."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages
from kube_apiserver.validation.forms.members import choice_causes, problem_causes, range_causes, required_causes
from kube_apiserver.validation.forms.paths import no_backsteps_causes

Object = Mapping[str, Any]
Check = Callable[[Object, str], Iterable[Cause]]
_HOST_TYPES = ("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket")
_MOST_LUN = 255
_QUALIFIED: Final = {
    "iqn": re.compile(r"iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$"),
    "eui": re.compile(r"^eui.[A-Za-z0-9]{16}$"),
    "naa": re.compile(r"^naa.[A-Za-z0-9]{32}$"),
}
_PAIRS = "must be a host:port pair or multiple pairs separated by commas"
_LONGEST_TENANT = 64
_MANAGED = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
_BLOB = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
_LONGEST_DRIVER = 63
_SECOND = "may not specify more than 1 volume type"


def requires(*names: str) -> Check:
    """Return the check of a source whose members must be set."""
    return lambda source, path: required_causes(source, path, *names)


def source_causes(
    holder: Object, checks: Mapping[str, Check], path: str, checked: Mapping[str, str], refused: Mapping[str, str]
) -> Iterator[Cause]:
    """Yield the field errors of the one source of a volume.

    Args:
        holder: the volume.
        checks: the sources in the order in which kube-apiserver looks at them, each with the check of it.
        path: where the volume is.
        checked: other names in the field errors of the first source.
        refused: other names in those of a second one, "" for a source that may be beside others.
    """
    present = [name for name in checks if holder.get(name) is not None]
    if not present:
        yield messages.required(path, "must specify a volume type")
    for position, name in enumerate(present):
        if position and refused.get(name) != "":
            yield messages.forbidden(f"{path}.{refused.get(name, name)}", _SECOND)
        else:
            yield from checks[name](holder[name], f"{path}.{checked.get(name, name)}")


def host_path(source: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``hostPath``."""
    if not (value := source.get("path")):
        yield messages.required(f"{path}.path")
        return
    yield from no_backsteps_causes(value, f"{path}.path")
    yield from choice_causes(source, path, "type", _HOST_TYPES)


def nfs(source: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``nfs``."""
    yield from required_causes(source, path, "server", "path")
    value = source.get("path") or ""
    if not value.startswith("/"):
        yield messages.invalid(f"{path}.path", value, "must be an absolute path")


def disk(name: str) -> Check:
    """Return the check of a disk of a cloud, whose ID is ``name``, with a partition."""

    def check(source: Object, path: str) -> Iterator[Cause]:
        yield from required_causes(source, path, name)
        if not 0 <= (partition := source.get("partition") or 0) <= _MOST_LUN:
            yield messages.invalid(f"{path}.partition", partition, "must be between 1 and 255, inclusive")

    return check


def iscsi(source: Object, path: str, *, is_volume: bool = False) -> Iterator[Cause]:
    """Yield the field errors of ``iscsi``, whose texts are shorter for a PersistentVolume."""
    yield from required_causes(source, path, "targetPortal")
    name = source.get("iqn") or ""
    if not name:
        yield messages.required(f"{path}.iqn")
    yield from _initiator(name, f"{path}.iqn", is_volume)
    yield from range_causes({"lun": 0, **source}, path, "lun", 0, _MOST_LUN)
    secret = source.get("secretRef")
    if secret is None and (source.get("chapAuthDiscovery") or source.get("chapAuthSession")):
        yield messages.required(f"{path}.secretRef")
    if is_volume and secret is not None and not secret.get("name"):
        yield messages.required(f"{path}.secretRef.name")
    if (initiator := source.get("initiatorName")) is not None:
        yield from _initiator(initiator, f"{path}.initiatorname", is_volume)


def _initiator(name: str, path: str, is_volume: bool) -> Iterator[Cause]:
    form = _QUALIFIED.get(name[:3])
    if not name and path.endswith("iqn"):
        return
    if form is None:
        start = "" if is_volume else " starting with iqn, eui, or naa"
        yield messages.invalid(path, name, f"must be valid format{start}")
    elif not form.search(name):
        yield messages.invalid(path, name, "must be valid format")


def flocker(source: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``flocker``."""
    name, uid = source.get("datasetName") or "", source.get("datasetUUID") or ""
    if not name and not uid:
        yield messages.required(path, "one of datasetName and datasetUUID is required")
    if name and uid:
        detail = "datasetName and datasetUUID can not be specified simultaneously"
        yield messages.invalid(path, "resource", detail)
    if "/" in name:
        yield messages.invalid(f"{path}.datasetName", name, "must not contain '/'")


def quobyte(source: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``quobyte``."""
    registry, tenant = source.get("registry") or "", source.get("tenant") or ""
    if not registry:
        yield messages.required(f"{path}.registry", _PAIRS)
    elif len(tenant.encode()) > _LONGEST_TENANT:
        yield messages.required(f"{path}.tenant", "must be a UUID and may not exceed a length of 64 characters")
    else:
        for pair in registry.split(","):
            if not re.fullmatch(r"(\[[^\[\]]*\]|[^:\[\]]*):[^:\[\]]*", pair):
                yield messages.invalid(f"{path}.registry", registry, _PAIRS)
    yield from required_causes(source, path, "volume")


def fibre_channel(source: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``fc``."""
    names, ids = source.get("targetWWNs") or [], source.get("wwids") or []
    if not names and not ids:
        yield messages.required(f"{path}.targetWWNs", "must specify either targetWWNs or wwids, but not both")
    if names and ids:
        detail = "targetWWNs and wwids can not be specified simultaneously"
        yield messages.invalid(f"{path}.targetWWNs", names, detail)
    if names:
        if source.get("lun") is None:
            yield messages.required(f"{path}.lun", "lun is required if targetWWNs is specified")
        yield from range_causes(source, path, "lun", 0, _MOST_LUN)


def flex_volume(source: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``flexVolume``."""
    yield from required_causes(source, path, "driver")
    for key in source.get("options") or ():
        if f".{key.partition('/')[0].lower()}".endswith((".kubernetes.io", ".k8s.io")):
            detail = "kubernetes.io and k8s.io namespaces are reserved"
            yield messages.invalid(f"{path}.options[{key}]", key, detail)


def azure_disk(source: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``azureDisk``."""
    yield from required_causes(source, path, "diskName", "diskURI")
    yield from choice_causes(source, path, "cachingMode", ("None", "ReadOnly", "ReadWrite"))
    yield from choice_causes(source, path, "kind", ("Dedicated", "Managed", "Shared"))
    kind, address = source.get("kind"), source.get("diskURI") or ""
    if kind == "Managed" and not address.startswith("/subscriptions/"):
        yield messages.not_supported(f"{path}.diskURI", address, (_MANAGED,))
    if kind not in (None, "Managed") and not address.startswith("https://"):
        yield messages.not_supported(f"{path}.diskURI", address, (_BLOB,))


def storage_os(*secret: str) -> Check:
    """Return the check of ``storageos``, whose reference to a Secret must have the members ``secret``."""

    def check(source: Object, path: str) -> Iterator[Cause]:
        name, namespace = source.get("volumeName") or "", source.get("volumeNamespace") or ""
        if not name:
            yield messages.required(f"{path}.volumeName")
        for member, value in (("volumeName", name), ("volumeNamespace", namespace)):
            if value:
                yield from problem_causes(f"{path}.{member}", value, is_dns1123_label(value))
        yield from secret_causes(source, path, secret)

    return check


def with_secret(names: tuple[str, ...], *secret: str) -> Check:
    """Return the check of a source whose members ``names`` must be set, and ``secret`` of its ``secretRef``."""

    def check(source: Object, path: str) -> Iterator[Cause]:
        yield from required_causes(source, path, *names)
        yield from secret_causes(source, path, secret)

    return check


def secret_causes(source: Object, path: str, names: tuple[str, ...]) -> Iterator[Cause]:
    """Yield the field errors of a ``secretRef`` that is set."""
    if (secret := source.get("secretRef")) is not None:
        yield from required_causes(secret, f"{path}.secretRef", *names)


def driver_causes(source: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of the name of a CSI driver."""
    name, where = source.get("driver") or "", f"{path}.driver"
    if not name:
        yield messages.required(where)
        return
    if len(name.encode()) > _LONGEST_DRIVER:
        yield messages.too_long(where, _LONGEST_DRIVER)
    yield from problem_causes(where, name, is_dns1123_subdomain(name.lower()))


_SIO = requires("gateway", "system", "volumeName")
#: The sources that Pods and PersistentVolumes have with the same rules.
COMMON: Final[Mapping[str, Check]] = {
    "hostPath": host_path,
    "gcePersistentDisk": disk("pdName"),
    "awsElasticBlockStore": disk("volumeID"),
    "flocker": flocker,
    "nfs": nfs,
    "rbd": requires("monitors", "image"),
    "quobyte": quobyte,
    "cephfs": requires("monitors"),
    "fc": fibre_channel,
    "flexVolume": flex_volume,
    "vsphereVolume": requires("volumePath"),
    "photonPersistentDisk": requires("pdID"),
    "portworxVolume": requires("volumeID"),
    "azureDisk": azure_disk,
    "scaleIO": _SIO,
}
#: What the field errors of the first source call it.
CHECKED_AS: Final = {"gcePersistentDisk": "persistentDisk"}
