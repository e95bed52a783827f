"""Validation of the counters in statuses: none is negative, and no part exceeds its total.

The rules follow kube-apiserver's ``ValidateDeploymentStatus`` and its counterparts for other kinds.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from kube_apiserver.schema import Cause

Object = Mapping[str, Any]
_TOO_SMALL = "must be greater than or equal to 0"


class Counters(msgspec.Struct, frozen=True):
    """The counters of one kind. Absent counters are 0.

    Attributes:
        counts: the fields that must not be negative.
        parts: the fields that must not exceed ``replicas``.
        ready: how messages name ``readyReplicas``; empty if ``availableReplicas`` is not compared with it.
    """

    counts: tuple[str, ...]
    parts: tuple[str, ...] = ()
    ready: str = ""

    def causes(self, obj: Object, old: Object) -> list[Cause]:
        """Return the field errors of negative counters and parts that exceed their total."""
        del old
        status = obj.get("status") or {}
        causes = [_invalid(name, status, _TOO_SMALL) for name in self.counts if _of(status, name) < 0]
        whole = _of(status, "replicas")
        greater = [name for name in self.parts if _of(status, name) > whole]
        causes += [_invalid(name, status, "cannot be greater than status.replicas") for name in greater]
        if self.ready and _of(status, "availableReplicas") > _of(status, "readyReplicas"):
            causes.append(_invalid("availableReplicas", status, f"cannot be greater than {self.ready}"))
        return causes


def _of(status: Mapping[str, int], name: str) -> int:
    return status.get(name) or 0


def _invalid(name: str, status: Mapping[str, int], detail: str) -> Cause:
    return Cause(f"status.{name}", "FieldValueInvalid", f"Invalid value: {_of(status, name)}: {detail}")
