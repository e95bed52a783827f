"""``ControllerIdentity``: the id under which a controller marks objects, and the ids under which it did so before."""

from collections.abc import Iterable

from plugin_operator.kube.ownership import cleanup_finalizer

#: Prefix of field managers (128 bytes at most) and finalizers of controllers.
SIGNATURE_PREFIX = "plugin-operator/"


class ControllerIdentity:
    """The ids of one controller in one revision.

    What carries a former id belongs to the controller, and gets the current id with the next write.

    Args:
        id: the current id.
        former: the ids in ``renamed_from``.

    Attributes:
        id: the current id.
        former: earlier ids, the declared ones first.
    """

    __slots__ = ("former", "id")

    def __init__(self, id: str, former: Iterable[str] = ()) -> None:  # noqa: A002 - the word of the field
        self.id = id
        self.former: tuple[str, ...] = tuple(former)

    def learn(self, ids: Iterable[str]) -> None:
        """Add former ids, because an edit or a rollback has undone a rename."""
        self.former = tuple(dict.fromkeys((*self.former, *(each for each in ids if each != self.id))))

    @property
    def ids(self) -> tuple[str, ...]:
        """The current id and the former ones."""
        return (self.id, *self.former)

    @property
    def former_managers(self) -> tuple[str, ...]:
        """Field managers of the former ids."""
        return tuple(f"{SIGNATURE_PREFIX}{each}" for each in self.former)

    @property
    def former_finalizers(self) -> tuple[str, ...]:
        """Finalizers of the former ids: those of ``cleanup=``, and those of ``ctx.ensure_finalizer``."""
        return tuple(map(cleanup_finalizer, self.former)) + self.former_managers
