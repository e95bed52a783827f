"""Warnings about files of one volume that hide each other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kube_apiserver.schema import messages

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    source: str = ""

    def __str__(self) -> str:
        shown = messages.shown(self.path)
        return f"{shown} ({self.source})" if self.source else shown

    def hides(self, other: "_File") -> bool:
        one, two = f"{self.path}/", f"{other.path}/"
        return bool(self.path and other.path) and (one.startswith(two) or two.startswith(one))


def overlap_warnings(volumes: Iterable[Object]) -> Iterator[str]:
    """Yield the warnings about the files of volumes, one for each pair."""
    for volume in volumes:
        start = f"volume {messages.shown(volume.get('name') or '')}"
        for kind, shown, key in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
            if source := volume.get(kind):
                named = f"{shown} {messages.shown(source.get(key) or '')}"
                yield from _overlaps(_files(source, ""), f"{start} ({named}): overlapping paths: ")
        yield from _overlaps(_files(volume.get("downwardAPI"), ""), f"{start} (DownwardAPI): overlapping paths: ")
        projected = volume.get("projected") or {}
        files: list[_File] = []
        for source in projected.get("sources") or ():
            if not any(value is not None for value in source.values()):
                yield f"{start} (Projected) has no sources provided"
            files += _projected(source)
        yield from _overlaps(files, f"{start} (Projected): overlapping paths: ")


def _overlaps(files: Iterable[_File], start: str) -> Iterator[str]:
    seen: list[_File] = []
    for file in files:
        yield from (f"{start}{file} with {other}" for other in seen if file.hides(other))
        seen.append(file)


def _files(source: Object | None, shown: str) -> list[_File]:
    return [_File((item.get("path") or "").rstrip("/"), shown) for item in (source or {}).get("items") or ()]


def _projected(source: Object) -> list[_File]:
    for kind, shown in (("configMap", "ConfigMap"), ("secret", "Secret")):
        if (source.get(kind) or {}).get("items"):
            return _files(source[kind], f"{shown} {messages.shown(source[kind].get('name') or '')}")
    if (source.get("downwardAPI") or {}).get("items"):
        return _files(source["downwardAPI"], "DownwardAPI")
    if (token := source.get("serviceAccountToken")) is not None:
        return [_File((token.get("path") or "").rstrip("/"), "ServiceAccountToken")]
    if (bundle := source.get("clusterTrustBundle")) is not None:
        name = bundle.get("name") if bundle.get("name") is not None else bundle.get("signerName") or ""
        return [_File((bundle.get("path") or "").rstrip("/"), f"ClusterTrustBundle {messages.shown(name)}")]
    certificate = source.get("podCertificate") or {}
    paths = {"certificateChainPath": "chain", "keyPath": "key", "credentialBundlePath": "credential bundle"}
    return [
        _File(certificate[name].rstrip("/"), f"PodCertificate {word}")
        for name, word in paths.items()
        if certificate.get(name)
    ]
