"""The verbs of ``Client`` that remove objects: delete, delete_collection and evict."""

import builtins
from typing import Any, Protocol, overload

from plugin_operator.client.interface.arguments import (
    AnyClass,
    AnyObject,
    Fields,
    Key,
    Labels,
    M,
    Propagation,
    TextKind,
)
from plugin_operator.kube import Object


class Deletions(Protocol):
    """Remove objects; see ``Client``."""

    @overload
    async def delete(
        self,
        kind: TextKind | AnyClass,
        name: Key,
        namespace: str | None = None,
        *,
        missing_ok: bool = False,
        propagation: Propagation | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> None: ...
    @overload
    async def delete(
        self,
        obj: AnyObject,
        /,
        *,
        missing_ok: bool = False,
        propagation: Propagation | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> None: ...
    async def delete(  # noqa: PLR0913 - one keyword for each option of the request
        self,
        kind: Any,
        name: Any = None,
        namespace: str | None = None,
        *,
        missing_ok: bool = False,
        propagation: Propagation | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> None:
        """Delete an object; with ``uid`` or ``resource_version`` only if it is still that one.

        It returns when the server has accepted the deletion. An object with finalizers still exists then.

        Args:
            kind: of the object; or an object, in place of kind, name and namespace: ``delete(obj)``. Only its name
                counts. Pass ``uid`` to spare a newer object of that name.
            name: of the object; a ``Request`` brings its namespace with it.
            namespace: of the object, unless ``name`` has it.
            missing_ok: an object that does not exist is no error. A kind that is not served still is.
            propagation: what happens to the objects it owns; None leaves it to the kind.
            uid: only the object with this ``metadata.uid``.
            resource_version: only this version of it.
            dry_run: the server validates the request and answers, and stores nothing.

        Raises:
            NotFoundError: the object does not exist, and ``missing_ok`` is not set.
            ConflictError: a precondition does not hold.
        """

    @overload
    async def delete_collection(
        self,
        kind: TextKind,
        namespace: str | None = None,
        *,
        label_selector: Labels = None,
        field_selector: Fields = None,
        propagation: Propagation | None = None,
        dry_run: bool = False,
    ) -> builtins.list[Object]: ...
    @overload
    async def delete_collection(
        self,
        kind: type[M],
        namespace: str | None = None,
        *,
        label_selector: Labels = None,
        field_selector: Fields = None,
        propagation: Propagation | None = None,
        dry_run: bool = False,
    ) -> builtins.list[M]: ...
    async def delete_collection(
        self,
        kind: Any,
        namespace: str | None = None,
        *,
        label_selector: Labels = None,
        field_selector: Fields = None,
        propagation: Propagation | None = None,
        dry_run: bool = False,
    ) -> Any:
        """Delete the selected objects of one kind in one namespace; return those the server answers with.

        The server deletes one object after the other. After an error or a cancel, some are deleted and some are not:
        call again. An API server of an extension may answer without the objects; the result is empty then.

        Args:
            kind: of the objects.
            namespace: of the objects; a namespaced kind needs one.
            label_selector: as for ``list``. None selects all; an empty selector is refused.
            field_selector: as for ``list``. None selects all; an empty selector is refused.
            propagation: what happens to the objects they own; None leaves it to the kind.
            dry_run: the server validates the request and answers, and stores nothing.

        Raises:
            SelectorError: a selector cannot be read.
            TypeError: a selector is neither text nor a mapping.
            ValueError: a selector is empty, so that it would delete every object; a namespaced kind without a
                namespace, or a cluster-scoped kind with one.
        """

    async def evict(self, pod: AnyObject | Key, namespace: str | None = None, *, dry_run: bool = False) -> None:
        """Delete a Pod through its eviction subresource, which a PodDisruptionBudget can refuse.

        Args:
            pod: the Pod, its name, or a ``Request``.
            namespace: of the Pod, unless ``pod`` has it.
            dry_run: the server validates the request and answers, and stores nothing.

        Raises:
            NotFoundError: the Pod does not exist.
            TooManyRequestsError: a PodDisruptionBudget does not allow it now; let the reconcile fail and be retried.
            ValueError: the object is not a Pod.
        """
