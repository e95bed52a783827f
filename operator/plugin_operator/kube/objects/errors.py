"""Errors of typed objects, and where msgspec found them."""

from typing import NamedTuple

from plugin_operator.errors import PluginOperatorError

IN_PLACE_OF_NULL = "write a value there, or send null with client.apply, or with update and the dict of ctx.lister.raw"


class Violation(NamedTuple):
    """A value that does not fit its class or schema.

    Attributes:
        path: its path, for example ``spec.parts[0].count``; empty for the object itself.
        reason: what is wrong there.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


def violation_in(error: Exception) -> Violation:
    """Return what msgspec says in an error of decoding or conversion."""
    reason, _, path = str(error).partition(" - at `$")
    return Violation(path.rstrip("`").removeprefix("."), reason.replace("`", ""))


class ObjectDecodeError(PluginOperatorError):
    """An object does not fit its class: it is of another kind, or a field has another type.

    The lister and the client raise it for that object alone. ``ctx.lister.raw`` returns such an object as a dict. An
    uncaught one is retried with backoff, because any change of the object may mend it.

    Args:
        cls: name of the class, for the message.

    Attributes:
        kind: kind of the class, for example ``example.com/v1/Widget``.
        namespace: of the object; empty if it cannot be read, or the kind has none.
        name: of the object; empty if it cannot be read.
        uid: of the object; empty if it cannot be read.
        path: path of the field, for example ``spec.parts[0].count``; empty for the object itself.
        reason: what is wrong there.
    """

    def __init__(
        self, cls: str, *, kind: str, namespace: str = "", name: str = "", uid: str = "", path: str = "", reason: str
    ) -> None:
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.path = path
        self.reason = reason
        which = f"{namespace}/{name}" if namespace else name
        super().__init__(f"{kind} {which} does not fit class {cls}: {f'{path}: ' if path else ''}{reason}")


class FieldMisfit(PluginOperatorError):
    """A field is None or ``UNSET``, and its class does not allow that."""

    def __init__(self, violation: Violation) -> None:
        self.violation = violation
        super().__init__(str(violation))


class LossyWriteError(PluginOperatorError):
    """A write of a typed object would lose something that its class does not know; nothing was sent.

    Add the field to the class, or write the dict of ``ctx.lister.raw``.

    Attributes:
        path: path of the field, for example ``spec.parts[0].weight``.
        reason: what would be lost.

    Args:
        path: as above.
        reason: as above.
        way_out: what to do instead; by default, what helps against an unknown field.
    """

    def __init__(self, path: str, reason: str, way_out: str = "") -> None:
        self.path = path
        self.reason = reason
        way_out = way_out or "add the field to the class, or write the dict of ctx.lister.raw"
        super().__init__(f"{path}: {reason}; {way_out}")
