"""What an author states beyond the JSON that a value was read from: a default, assigned to an absent field."""

from typing import Any

import msgspec

from plugin_operator.kube.metadata import Object
from plugin_operator.kube.objects.fields import Field, fields_of
from plugin_operator.kube.objects.metadata import Metadata
from plugin_operator.kube.objects.struct import Struct, fields_set
from plugin_operator.kube.objects.wire import key_of, states_more

_BUILTIN = "plugin_operator.kinds."


def states_field(of: msgspec.Struct, field: Field, raw: Object) -> bool:
    """Report whether a field was assigned that ``raw`` lacks. None and ``UNSET`` mean that it stays absent."""
    if field.wire in raw or not isinstance(of, Struct) or _omits_zeros(type(of)):
        return False
    value = getattr(of, field.name)
    if value is None or value is msgspec.UNSET:
        return False
    return field.name in fields_set(of) or states_more(value, field.default())


def states_beyond(value: Any, raw: Any) -> bool:
    """Report whether a field was assigned anywhere in ``value`` that ``raw``, the JSON of an equal value, lacks."""
    if isinstance(value, msgspec.Struct) and isinstance(raw, dict):
        return any(
            states_field(value, field, raw)
            or (field.wire in raw and states_beyond(getattr(value, field.name), raw[field.wire]))
            for field in fields_of(type(value))
        )
    if isinstance(value, dict) and isinstance(raw, dict):
        return any(states_beyond(each, raw.get(key_of(key))) for key, each in value.items())
    if isinstance(value, list | tuple) and isinstance(raw, list):
        return any(map(states_beyond, value, raw))
    return False


def _omits_zeros(cls: type[Struct]) -> bool:
    """Report whether the server drops an empty value of a field of ``cls`` again: Go writes most with omitempty."""
    return issubclass(cls, Metadata) or cls.__module__.startswith(_BUILTIN)
