"""What a merge patch would lose of a value that is written as a whole: unknown fields and nulls."""

from collections.abc import Iterator
from typing import Any

import msgspec

from plugin_operator.kube.objects.comparison import same
from plugin_operator.kube.objects.errors import IN_PLACE_OF_NULL, LossyWriteError
from plugin_operator.kube.objects.fields import fields_of
from plugin_operator.kube.objects.wire import at_field, at_key, key_of


def check_known(value: Any, raw: Any, path: str) -> None:
    """Raise LossyWriteError for a field that the class of ``value`` does not know."""
    for at, cls, _ in unknown_fields(value, raw, path):
        raise LossyWriteError(at, f"class {cls} does not know it, and the list is replaced")


def unknown_fields(value: Any, raw: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    """Yield path, class and JSON of each field in ``raw``, at any depth, that the class of its struct does not know."""
    if isinstance(value, msgspec.Struct) and isinstance(raw, dict):
        fields = {field.wire: field.name for field in fields_of(type(value))}
        fields.setdefault(str(value.__struct_config__.tag_field), "")
        for key, each in raw.items():
            at = at_field(path, key)
            if key in fields:
                yield from unknown_fields(getattr(value, fields[key], None), each, at)
            else:
                yield at, type(value).__name__, each
    elif isinstance(value, dict) and isinstance(raw, dict):
        for key, each in value.items():
            yield from unknown_fields(each, raw.get(key_of(key)), at_key(path, key))
    elif isinstance(value, list | tuple) and isinstance(raw, list):
        for index, (each, each_raw) in enumerate(zip(value, raw, strict=False)):
            yield from unknown_fields(each, each_raw, f"{path}[{index}]")


def check_nulls(value: Any, raw: Any, path: str) -> None:
    """Raise LossyWriteError for a null that the server would drop, and that does not mean the default."""
    if isinstance(raw, list):
        values = value if isinstance(value, list | tuple) else raw
        for index, (each, each_raw) in enumerate(zip(values, raw, strict=False)):
            check_nulls(each, each_raw, f"{path}[{index}]")
    if not isinstance(raw, dict):
        return
    fields = {field.wire: field for field in fields_of(type(value))} if isinstance(value, msgspec.Struct) else {}
    for key, each in raw.items():
        field = fields.get(key)
        at = at_field(path, key) if field is not None else at_key(path, key)
        if each is None and (field is None or not same(field.default(), None)):
            raise LossyWriteError(at, "a merge patch cannot write the null that stands there", IN_PLACE_OF_NULL)
        inner = getattr(value, field.name) if field is not None else value.get(key) if isinstance(value, dict) else None
        check_nulls(inner, each, at)
