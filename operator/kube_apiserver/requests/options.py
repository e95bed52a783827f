"""Options of write requests, from the query and, for deletes, from the body."""

from collections.abc import Mapping
from typing import Any

import msgspec

from kube_apiserver import codec
from kube_apiserver.requests.request import Request
from kube_apiserver.schema import Cause
from kube_apiserver.wire.status_error import invalid

_VALIDATIONS = ("Ignore", "Strict", "Warn")


class WriteOptions(msgspec.Struct, frozen=True):
    """The options of a create, update or patch.

    Attributes:
        manager: the field manager, by default the first part of the User-Agent.
        validation: field validation: Ignore, Warn or Strict.
        force: the force option of server-side apply, None if absent.
    """

    dry_run: bool
    manager: str
    validation: str
    force: bool | None


def write_options(request: Request, options_kind: str) -> WriteOptions:
    """Parse and validate the options of a write.

    Raises:
        StatusError: 422, an option has an invalid value.
    """
    dry_run = dry_run_in_query(request)
    check_dry_run(dry_run, options_kind)
    validation = request.query.get("fieldValidation", "")
    if validation and validation not in _VALIDATIONS:
        supported = ", ".join(f'"{value}"' for value in ("", *_VALIDATIONS))
        message = f'Unsupported value: "{validation}": supported values: {supported}'
        raise invalid(options_kind, "meta.k8s.io", "", [Cause("fieldValidation", "FieldValueNotSupported", message)])
    manager = request.query.get("fieldManager", "")
    if len(manager) > 128:
        message = "Too long: may not be more than 128 bytes"
        raise invalid(options_kind, "meta.k8s.io", "", [Cause("fieldManager", "FieldValueTooLong", message)])
    agent = request.http.headers.get("User-Agent", "").partition("/")[0]
    return WriteOptions(bool(dry_run), manager or agent[:128] or "unknown", validation or "Warn", request.flag("force"))


def check_dry_run(values: list[str], options_kind: str) -> None:
    """Raise 422 for a ``dryRun`` other than ``All``."""
    for value in values:
        if value != "All":
            message = f'Unsupported value: {codec.encode(values).decode()}: supported values: "All"'
            raise invalid(options_kind, "meta.k8s.io", "", [Cause("dryRun", "FieldValueNotSupported", message)])


class DeleteOptions(msgspec.Struct, frozen=True):
    """The options of a delete.

    Attributes:
        propagation: Orphan, Background, Foreground, or "" for the default.
        grace_seconds: the grace period, None for the default of the kind.
        uid: the only uid that may be deleted; None for any. An empty one fits no object.
        resource_version: the only version that may be deleted, likewise.
    """

    dry_run: bool = False
    propagation: str = ""
    grace_seconds: int | None = None
    uid: str | None = None
    resource_version: str | None = None


def delete_options_in_query(request: Request) -> dict[str, Any]:
    """Return the DeleteOptions in the query of a delete, which kube-apiserver reads only if there is no body.

    Raises:
        StatusError: 400, the grace period is no integer.
    """
    found = {
        "dryRun": dry_run_in_query(request),
        "gracePeriodSeconds": request.number("gracePeriodSeconds"),
        "orphanDependents": request.flag("orphanDependents"),
        "propagationPolicy": request.query.get("propagationPolicy"),
        "preconditions": {name: request.query.get(name) or None for name in ("uid", "resourceVersion")},
    }
    return {name: value for name, value in found.items() if value is not None}


def delete_options(options: Mapping[str, Any]) -> DeleteOptions:
    """Validate DeleteOptions.

    Raises:
        StatusError: 422, an option has an invalid value.
    """
    dry_run = options.get("dryRun") or []
    check_dry_run(dry_run, "DeleteOptions")
    propagation = options.get("propagationPolicy") or ""
    if propagation not in {"", "Orphan", "Background", "Foreground"}:
        supported = '"Foreground", "Background", "Orphan", "nil"'
        message = f'Unsupported value: "{propagation}": supported values: {supported}'
        cause = Cause("propagationPolicy", "FieldValueNotSupported", message)
        raise invalid("DeleteOptions", "meta.k8s.io", "", [cause])
    orphan = options.get("orphanDependents")
    if orphan is not None and propagation:
        message = f'Invalid value: "{propagation}": orphanDependents and deletionPropagation cannot be both set'
        raise invalid("DeleteOptions", "meta.k8s.io", "", [Cause("propagationPolicy", "FieldValueInvalid", message)])
    if orphan is not None:
        propagation = "Orphan" if orphan else "Background"
    preconditions = options.get("preconditions") or {}
    return DeleteOptions(
        dry_run=bool(dry_run),
        propagation=propagation,
        grace_seconds=options.get("gracePeriodSeconds"),
        uid=preconditions.get("uid"),
        resource_version=preconditions.get("resourceVersion"),
    )


def dry_run_in_query(request: Request) -> list[str]:
    """Return the values of ``dryRun`` in the query."""
    return [value for key, value in request.http.query.items() if key == "dryRun" and value]
