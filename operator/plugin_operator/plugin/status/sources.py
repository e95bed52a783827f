"""The JSON that the parts of a typed status were read from, and with it what the status states now."""

from typing import Any

import msgspec

from plugin_operator.kube.objects.fields import fields_of
from plugin_operator.kube.objects.wire import at_field, at_key, is_sent, key_of, to_wire


class Sources:
    """The JSON of each struct in a value, which keeps it when an author moves it.

    Args:
        value: the value that was read.
        raw: its JSON.
    """

    def __init__(self, value: Any, raw: Any) -> None:
        self._known: dict[int, tuple[msgspec.Struct, Any]] = {}  # with the struct, so that its id stays its own
        self._note(value, raw)

    def stated(self, value: Any, raw: Any, path: str) -> Any:
        """Return a value in the form of the wire.

        A field is in it if the JSON had it, even if it has its default now: a counter may fall to 0. So is a field
        that was assigned, or that differs from its default. A field that was left alone stays absent.

        Args:
            value: a part of the value that was read, or another in its place.
            raw: the JSON of what was read in that place.
            path: path of the place, for errors.

        Raises:
            ValueError: JSON has no such number, or a time has no time zone.
            TypeError: a value of this class cannot be written.
        """
        if isinstance(value, msgspec.Struct):
            _, source = self._known.get(id(value), (value, raw))
            members = source if isinstance(source, dict) else {}
            fields = ((field, getattr(value, field.name)) for field in fields_of(type(value)))
            return {
                field.wire: self.stated(each, members.get(field.wire), at_field(path, field.wire))
                for field, each in fields
                if each is not msgspec.UNSET
                and (each is not None or field.default() is not None)
                and (field.wire in members or is_sent(field, each, value))
            }
        if isinstance(value, list | tuple):
            return [self.stated(each, None, f"{path}[{index}]") for index, each in enumerate(value)]
        if isinstance(value, dict):
            members = raw if isinstance(raw, dict) else {}
            return {
                key_of(key): self.stated(each, members.get(key_of(key)), at_key(path, key))
                for key, each in value.items()
            }
        return to_wire(value, path)

    def _note(self, value: Any, raw: Any) -> None:
        if isinstance(value, msgspec.Struct) and isinstance(raw, dict):
            self._known[id(value)] = value, raw
            for field in fields_of(type(value)):
                if field.wire in raw:
                    self._note(getattr(value, field.name), raw[field.wire])
        elif isinstance(value, dict) and isinstance(raw, dict):
            for key, each in value.items():
                self._note(each, raw.get(key_of(key)))
        elif isinstance(value, list | tuple) and isinstance(raw, list):
            for each, each_raw in zip(value, raw, strict=False):
                self._note(each, each_raw)
