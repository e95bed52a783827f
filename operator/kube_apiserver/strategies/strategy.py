"""What the server decides for one kind beyond its schema.

It is modelled on the strategies of ``pkg/registry`` in kube-apiserver. ``kinds`` has those of the built-in kinds. Their
functions do not wait and see one object; what they need of the cluster is the store.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from kube_apiserver.printer_columns.columns import Columns
from kube_apiserver.printer_columns.common_cells import NAME_AND_AGE
from kube_apiserver.schema import Cause, is_dns1123_subdomain
from kube_apiserver.storage import Store

Object = Mapping[str, Any]
Draft = dict[str, Any]
"""An object that is changed in place before it is stored."""


class SelectableField(msgspec.Struct, frozen=True):
    """A field that a field selector may name.

    Attributes:
        absent: the text that is compared if the object lacks the field.
        read: returns the text of an object, None to read the value at the path.
    """

    absent: str = ""
    read: Callable[[Object], str] | None = None


def selectable(*paths: str) -> dict[str, SelectableField]:
    """Return selectable fields that compare as "" where they are absent."""
    return dict.fromkeys(paths, SelectableField())


class Conversion(msgspec.Struct, frozen=True):
    """How a version is converted from and to the version in which its kind is stored."""

    from_stored: Callable[[Draft], Draft]
    to_stored: Callable[[Draft], Draft]


class Deletion(msgspec.Struct, frozen=True, kw_only=True):
    """How the objects of a kind are deleted. Finalizers delay it for every kind.

    Attributes:
        returns_object: whether the answer is the object rather than a Status.
        protected_names: objects that nothing deletes.
        grace_seconds: returns the grace period of an object, given the one that was requested.
        is_announced: whether watchers see a deletionTimestamp before the event DELETED, without a grace period too.
        holds_content: reports whether an object waits for what it contains.
        terminate: changes the status of an object that is marked as deleted. Such a kind has no grace period.
        begin: begins a deletion, at a time, that a controller finishes: adds its finalizer, changes the status.
    """

    returns_object: bool = False
    protected_names: frozenset[str] = frozenset()
    grace_seconds: Callable[[Object, int | None], int] | None = None
    is_announced: bool = False
    holds_content: Callable[[Object], bool] | None = None
    terminate: Callable[[Draft], None] | None = None
    begin: Callable[[Draft, str], None] | None = None


class Strategy(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one kind. One without arguments is that of a kind without rules of its own.

    ``writes.creation`` and ``writes.replacement`` say in which order the functions run. A function that is None does
    nothing; one that returns causes returns the field errors.

    Attributes:
        group: the API group, "" for core.
        version: the version that the strategy is for, "" for all that have none of their own.
        default: sets what a client may leave out, in every object that is sent.
        default_new: sets fields of a new object that its creator then owns in managedFields.
        prepare_create: sets fields of a new object that no manager owns.
        as_kept: returns an object without what the server ignores, such as the fields of features that are off, given
            it and the stored one or None. Who sends such a field owns it all the same. It may change its arguments not.
        record_creator: sets the user that creates an object, given its UserInfo.
        prepare_update: sets and restores fields of a changed object, given the stored one and the changed one.
        name_problems: returns why a text is no name of an object.
        prefix_problems: returns why a text is no ``generateName``.
        name_of_content: returns why an object cannot have its name if its content decides that, in every write.
        validate: returns the causes of an object, in every write but those of its status.
        validate_with_old: the same for rules that look at the stored object too, which is None on create.
        validate_update: returns the causes of a change, given the stored and the changed object.
        validates_change_first: whether those come before the causes of ``validate``.
        freely_written: the subresources through which ``validate_update`` allows every change.
        validate_status: returns the causes of a changed status, given the changed and the stored object.
        sees_empty: the paths of empty lists and objects that validation sees as they were sent; others are absent.
        warn: returns warnings about a valid object, given the stored one, too, or None.
        error_group: the group that field errors name, None for the group of the kind.
        reset_fields: the fields that a write resets by its subresource, such as ``metadata.labels``; those of "" for
            all other subresources. Without an entry, one of the status resets the spec, and any other the status.
        keeps_new_status: whether a creator may set the status.
        has_generation: whether the server counts the changes of the spec in ``metadata.generation``.
        counts_annotations: whether it counts the changes of annotations, too.
        counts_labels: whether it counts the changes of labels, too.
        counts_empty: whether it counts a list or object that was absent and is empty, too.
        counts_dropped: whether it counts the changes of what ``as_kept`` drops, too.
        unconditional_update: whether an update needs no resourceVersion.
        created_by_update: whether an update of an absent object creates it.
        columns: what ``kubectl get`` shows.
        selectable_fields: what field selectors may name besides name and namespace.
        renamed_fields: the stored names of first parts of the paths that field selectors name.
        is_cached: whether kube-apiserver keeps the kind in a watch cache, which ignores limits.
        deprecation: the warning of every response, "" if there is none.
        conversion: how the version is stored, None as it is.
        stored_null: the paths of lists that are null once they are written empty: what Go stores does not tell which.
        stored_as: the bucket and ``apiVersion`` of the objects if another group stores them.
        deletion: how objects are deleted.
    """

    group: str = ""
    kind: str = ""
    version: str = ""
    default: Callable[[Draft], None] | None = None
    default_new: Callable[[Draft], None] | None = None
    prepare_create: Callable[[Draft, Store], None] | None = None
    as_kept: Callable[[Object, Object | None], Draft] | None = None
    record_creator: Callable[[Draft, Object], None] | None = None
    prepare_update: Callable[[Object, Draft], None] | None = None
    name_problems: Callable[[str], list[str]] = is_dns1123_subdomain
    prefix_problems: Callable[[str], list[str]] = is_dns1123_subdomain
    name_of_content: Callable[[Object], list[str]] | None = None
    validate: Callable[[Object], list[Cause]] | None = None
    validate_with_old: Callable[[Object, Object | None], list[Cause]] | None = None
    validate_update: Callable[[Object, Object], list[Cause]] | None = None
    validates_change_first: bool = False
    freely_written: frozenset[str] = frozenset()
    validate_status: Callable[[Object, Object], list[Cause]] | None = None
    sees_empty: tuple[tuple[str, ...], ...] = ()
    warn: Callable[[Object, Object | None], list[str]] | None = None
    error_group: str | None = None
    reset_fields: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    keeps_new_status: bool = False
    has_generation: bool = True
    counts_annotations: bool = False
    counts_labels: bool = False
    counts_empty: bool = False
    counts_dropped: bool = False
    unconditional_update: bool = True
    created_by_update: bool = False
    columns: Columns = NAME_AND_AGE
    selectable_fields: Mapping[str, SelectableField] = msgspec.field(default_factory=dict)
    renamed_fields: Mapping[str, str] = msgspec.field(default_factory=dict)
    is_cached: bool = True
    deprecation: str = ""
    conversion: Conversion | None = None
    stored_null: tuple[tuple[str, ...], ...] = ()
    stored_as: tuple[str, str] | None = None
    deletion: Deletion = Deletion()


def by_kind(strategies: Iterable[Strategy]) -> dict[tuple[str, str, str], Strategy]:
    """Return strategies by group, version and kind; the version is "" for those of all versions.

    Raises:
        ValueError: two strategies are for the same kind.
    """
    found: dict[tuple[str, str, str], Strategy] = {}
    for strategy in strategies:
        key = (strategy.group, strategy.version, strategy.kind)
        if key in found:
            raise ValueError(f"two strategies are for the kind {strategy.kind} of the group {strategy.group!r}")
        found[key] = strategy
    return found
