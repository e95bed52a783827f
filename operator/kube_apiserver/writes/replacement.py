"""The steps from the new state of an object that a client sends to the one that is stored."""

from collections.abc import Collection
from typing import Any

from kube_apiserver import codec
from kube_apiserver.decoding.numbers import decoded_numbers
from kube_apiserver.requests.options import WriteOptions
from kube_apiserver.requests.request import Request
from kube_apiserver.schema import Cause
from kube_apiserver.schema.go_format import quoted
from kube_apiserver.wire.status_error import StatusError, conflict, invalid, modified
from kube_apiserver.writes.empty_values import has_hidden_values
from kube_apiserver.writes.object_validation import validated
from kube_apiserver.writes.write_pipeline import reset_fields, tracked

#: The subresources that write nothing but the status.
_OF_STATUS = frozenset({"status", "approval"})


def before_update(
    request: Request, old: dict[str, Any], obj: dict[str, Any], options: WriteOptions, *, applied: bool = False
) -> dict[str, Any]:
    """Return the completed new state of an object as it is stored. Update, patch, apply and scale share it.

    The steps and their order are those of kube-apiserver:

    1. Compare the UID and the resourceVersion that the client sent.
    2. Restore the metadata that only the server writes.
    3. Restore what a write to this subresource cannot change. Then let the strategy set and restore its fields.
    4. Count the generation if the spec changed.
    5. Validate its metadata, its immutable fields and the rules of its kind.
    6. Record the manager of the changed fields.

    Args:
        request: the request whose path names the object.
        old: the stored state.
        obj: the new state, completed. It may be changed.
        options: the options of the write.
        applied: whether the new state has its managedFields already.

    Raises:
        StatusError: 409 or 422.
    """
    _check_preconditions(request, old, obj)
    _keep_server_fields(old["metadata"], obj["metadata"])
    if not options.dry_run:
        obj["metadata"].pop("selfLink", None)  # only what is stored loses it
    sent = dict(obj)
    whole = _restored(request, old, obj)
    obj = prepared = _prepared(request, old, whole)
    if (as_kept := request.resource.strategy.as_kept) is not None:
        obj = as_kept(obj, old)
    # Like kube-apiserver, it counts before it prunes what was applied.
    _count_generation(request, old, obj, prepared if request.resource.strategy.counts_dropped else obj)
    obj = validated(request, obj, old, applied=applied)
    obj["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
    if applied:
        return obj
    if whole is obj or whole == obj:
        return tracked(request, old, obj, options, sent)
    names = [name for name in ("annotations",) if name in whole["metadata"]]
    metadata = obj["metadata"] | {name: whole["metadata"][name] for name in names}
    owned = tracked(request, old, {**whole, "metadata": metadata}, options, sent)["metadata"]
    return {**obj, "metadata": {**owned, **{name: obj["metadata"][name] for name in names}}}


def _prepared(request: Request, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return ``new`` as the strategy prepares it, a copy. Like in kube-apiserver, no manager owns what that changes."""
    prepare = request.resource.strategy.prepare_update
    if prepare is None:
        return new
    # What was restored stays the same object, by which strategies know it.
    kept = {name: value for name, value in new.items() if name != "metadata" and value is old.get(name)}
    prepared = codec.copied({name: value for name, value in new.items() if name not in kept}) | kept
    prepare(old, prepared)
    return {name: prepared[name] for name in (*new, *prepared) if name in prepared}


def _restored(request: Request, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return ``new`` with the fields restored from ``old`` that a write to this (sub)resource cannot change."""
    if request.target.subresource in _OF_STATUS:
        metadata = _metadata_of_status(old["metadata"], new["metadata"], reset_fields(request) or ())
        restored = {key: value for key, value in old.items() if key != "status"}
        new = {**restored, "metadata": metadata, **({"status": new["status"]} if "status" in new else {})}
    elif request.resource.has_status:
        new.pop("status", None)
        if "status" in old:
            new["status"] = old["status"]
    return new


def _metadata_of_status(old: dict[str, Any], new: dict[str, Any], reset: Collection[str]) -> dict[str, Any]:
    """Return the metadata that a write of the status sends, with the stored ones of what it resets."""
    if "metadata" in reset:
        entries = new.get("managedFields")
        kept = {key: value for key, value in old.items() if key != "managedFields"}
        return kept if entries is None else {**kept, "managedFields": entries}
    names = {path.removeprefix("metadata.") for path in reset if path.startswith("metadata.")}
    kept = {key: value for key, value in new.items() if key not in names}
    return kept | {key: old[key] for key in names if key in old}


def _check_preconditions(request: Request, old: dict[str, Any], obj: dict[str, Any]) -> None:
    resource, metadata = request.resource, obj["metadata"]
    uid = metadata.get("uid")
    if uid and uid != old["metadata"]["uid"] and request.http.method != "PATCH":
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {old['metadata']['uid']}"
        raise conflict(resource.plural, resource.group, request.target.name, why)
    version = metadata.get("resourceVersion")
    if not version and request.http.method == "PUT" and not resource.strategy.unconditional_update:
        message = "Invalid value: 0: must be specified for an update"
        causes = [Cause("metadata.resourceVersion", "FieldValueInvalid", message)]
        raise invalid(resource.plural, resource.group, request.target.name, causes)
    if version and not version.isdecimal():
        raise StatusError(500, "", f"strconv.ParseUint: parsing {quoted(version)}: invalid syntax")
    if version and version not in {"0", old["metadata"]["resourceVersion"]}:
        raise modified(resource.plural, resource.group, request.target.name)


def _keep_server_fields(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Copy the fields that only the server writes from ``old`` to ``new``. Validation refuses those that stay."""
    for name in ("creationTimestamp", "generation"):
        if name in old:
            new[name] = old[name]
        else:
            new.pop(name, None)
    new["uid"] = new.get("uid") or old["uid"]
    if old.get("deletionTimestamp"):
        new["deletionTimestamp"] = old["deletionTimestamp"]
    if new.get("deletionGracePeriodSeconds") is None and "deletionGracePeriodSeconds" in old:
        new["deletionGracePeriodSeconds"] = old["deletionGracePeriodSeconds"]
    if old.get("generateName") and not new.get("generateName"):
        new["generateName"] = old["generateName"]


def _has_hidden_values(request: Request, kept: dict[str, Any]) -> bool:
    sent = {name: value for name, value in request.as_sent.items() if name in kept}
    return has_hidden_values(sent, kept, request.resource.schema)


def _count_generation(request: Request, old: dict[str, Any], new: dict[str, Any], seen: dict[str, Any]) -> None:
    """Count the generation of ``new`` if ``seen`` is another spec than that of ``old``."""
    if not request.resource.strategy.has_generation:
        return
    ignored = {"metadata", "status"} if request.resource.has_status or request.resource.custom is None else {"metadata"}
    before = {key: value for key, value in old.items() if key not in ignored}
    after = {key: value for key, value in seen.items() if key not in ignored}
    strategy = request.resource.strategy
    for name, counts in (("annotations", strategy.counts_annotations), ("labels", strategy.counts_labels)):
        if counts and request.target.subresource not in _OF_STATUS:
            before[name], after[name] = (each["metadata"].get(name) or {} for each in (old, seen))
    if request.resource.custom is not None:
        before = decoded_numbers(before)
    if strategy.counts_empty and _has_hidden_values(request, after):
        before = {}
    # To kube-apiserver, the 1.0 of a custom object is not the 1 that it stored.
    if before != after or (request.resource.custom is not None and codec.token(before) != codec.token(after)):
        new["metadata"]["generation"] = int(old["metadata"].get("generation", 0)) + 1
