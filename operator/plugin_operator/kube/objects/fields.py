"""The fields of a struct class: their names on the wire and their defaults."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from plugin_operator.kube.objects.errors import FieldMisfit, Violation, violation_in

_CACHE = "_wire_fields"  # on the class: a registry would keep the classes of old revisions alive


class Field(NamedTuple):
    """One field of a struct class.

    Attributes:
        name: name of the attribute.
        wire: key on the wire.
        is_required: whether the field has no default.
        value: the default, unless a factory makes it.
        factory: makes the default; None for none.
        type: its annotation.
    """

    name: str
    wire: str
    is_required: bool
    value: Any
    factory: Callable[[], Any] | None
    type: Any

    def check_absence(self, value: Any, path: str) -> None:
        """Check a value of None or ``UNSET``.

        Raises:
            FieldMisfit: the class does not allow it.
        """
        try:
            msgspec.convert(value, self.type)
        except msgspec.ValidationError as error:
            reason = violation_in(error).reason
            raise FieldMisfit(Violation(path, reason)) from error

    def default(self) -> Any:
        """Return the value of an absent field; ``NODEFAULT`` for a required one."""
        return self.value if self.factory is None else self.factory()


def fields_of(cls: type[msgspec.Struct]) -> tuple[Field, ...]:
    """Return the fields of a struct class, in the order of their definition."""
    found: tuple[Field, ...] | None = vars(cls).get(_CACHE)
    if found is None:
        found = tuple(_field(each) for each in msgspec.structs.fields(cls))
        setattr(cls, _CACHE, found)
    return found


def _field(info: msgspec.structs.FieldInfo) -> Field:
    factory = None if info.default_factory is msgspec.NODEFAULT else info.default_factory
    return Field(info.name, info.encode_name, info.required, info.default, factory, info.type)
