"""Where the values of an object were read from, so that one which moved takes its unknown fields along.

A struct that was read and stands somewhere else has no place in the document any more. An assignment to a field keeps
what was read there, so that most are found by their identity. A copy, or an item of a changed list or map, is found by
its value.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from plugin_operator.kube.metadata import Object
from plugin_operator.kube.objects.comparison import same
from plugin_operator.kube.objects.differences.losses import check_nulls, unknown_fields
from plugin_operator.kube.objects.differences.statements import states_beyond
from plugin_operator.kube.objects.errors import LossyWriteError
from plugin_operator.kube.objects.fields import fields_of
from plugin_operator.kube.objects.struct import Struct, as_it_was, was_read
from plugin_operator.kube.objects.wire import at_field, at_key, key_of


class _Origin(NamedTuple):
    """A struct as it was read.

    Attributes:
        value: the struct.
        raw: its JSON.
        path: its path.
    """

    value: Struct
    raw: Object
    path: str

    def unknown(self) -> str:
        """Return the path of a field that its class does not know; empty without one."""
        return next((at for at, _, _ in unknown_fields(self.value, self.raw, self.path)), "")


class Origins:
    """The structs of an object; a ``wire.Merging``.

    Args:
        before: the object as it was read.
        now: the object to write.
        document: the JSON of ``before``.
    """

    def __init__(self, before: Struct, now: Struct, document: Object) -> None:
        self._before = before
        self._now = now
        self._document = document
        self._found: dict[type[Any], list[_Origin]] | None = None
        self._kept: dict[int, _Origin] | None = None

    def __call__(self, value: Struct, path: str) -> Any:
        """Return the JSON of a value that was read elsewhere in the object, ``UNSET`` if it has all in its fields.

        Raises:
            LossyWriteError: it may have had an unknown field, and nothing shows which.
        """
        if not was_read(value):
            return msgspec.UNSET
        kept = self._origin_of(value)
        origins = [kept] if kept is not None else self._of(type(value))
        equal = _equal([each for each in origins if _may_be(each.value, value)], value)
        unknown = next(filter(None, (each.unknown() for each in equal or origins)), "")
        if not unknown:
            return msgspec.UNSET
        if not equal or any(not same(each.raw, equal[0].raw) for each in equal):
            raise _may_lose(unknown, value, path)
        check_nulls(equal[0].value, equal[0].raw, path)
        return equal[0].raw

    def moved(self, before: msgspec.Struct, raw: Object, now: msgspec.Struct, path: str) -> bool:
        """Report whether a value came from elsewhere in the place of the one that was read there.

        A value whose lists and maps alone differ is taken for the one that was read there, changed in place.

        Args:
            before: the value that was read there.
            raw: its JSON.
            now: the value that stands there.
            path: path of the place.

        Raises:
            LossyWriteError: it may be another, which has other unknown fields.
        """
        if not isinstance(now, Struct) or not was_read(now):
            return False
        if (kept := self._origin_of(now)) is not None:
            return kept.path != path
        if _may_be(before, now, exactly=True):
            return False
        others = [each for each in self._of(type(now)) if each.value is not before and _may_be(each.value, now)]
        if not others or not _may_be(before, now):
            return bool(others)
        mine = _unknown(before, raw)
        for each in others:
            if _may_be(each.value, now, exactly=True) and not same(_unknown(each.value, each.raw), mine):
                unknown = each.unknown() or _Origin(now, raw, path).unknown()
                raise _may_lose(unknown, now, path)
        return False

    def brings(self, value: Any, path: str) -> bool:
        """Report whether a struct that was read elsewhere is known to stand in a value, at any depth."""
        return any(
            (kept := self._origin_of(each)) is not None and kept.path != at for each, at in _structs(value, path)
        )

    def check_copy(self, value: Any, raw: Any, path: str) -> None:
        """Check a value that is written as ``raw``, the JSON of an equal one that was read.

        Raises:
            LossyWriteError: it may be a copy of another, which has other unknown fields.
        """
        for mine in _origins(value, raw, path):
            if was_read(mine.value):
                for other in _equal(self._of(type(mine.value)), mine.value):
                    if not same(_unknown(other.value, other.raw), _unknown(mine.value, mine.raw)):
                        raise _may_lose(other.unknown() or mine.unknown(), mine.value, mine.path)

    def _origin_of(self, value: Struct) -> _Origin | None:
        """Return what a value is known to have been read as; None if nothing shows it."""
        if self._kept is None:
            self._kept = _kept(self._now, self._before, self._document)
        return self._kept.get(id(value))

    def _of(self, cls: type[Struct]) -> list[_Origin]:
        if self._found is None:
            self._found = {}
            for each in _origins(self._before, self._document, ""):
                self._found.setdefault(type(each.value), []).append(each)
        return self._found.get(cls, [])


def _equal(origins: list[_Origin], value: Struct) -> list[_Origin]:
    return [each for each in origins if same(each.value, value) and not states_beyond(value, each.raw)]


def _may_lose(unknown: str, value: Struct, path: str) -> LossyWriteError:
    name = type(value).__name__
    return LossyWriteError(unknown, f"class {name} does not know it, and a {name} moves to {path}")


def _unknown(value: Any, raw: Any) -> list[Any]:
    return sorted(((at, each) for at, _, each in unknown_fields(value, raw, "")), key=lambda found: found[0])


def _may_be(old: Any, now: Any, *, exactly: bool = False) -> bool:
    """Report whether ``now`` may have been read as ``old``, and been assigned to since.

    Args:
        old: a value as it was read.
        now: a value of the author.
        exactly: whether its lists and maps must be as they were read.
    """
    if isinstance(now, Struct):
        return (
            type(old) is type(now)
            and was_read(now)
            and all(
                _may_be(as_it_was(old, name), as_it_was(now, name), exactly=exactly) for name in now.__struct_fields__
            )
        )
    if isinstance(now, dict) and isinstance(old, dict):
        return not exactly or (
            old.keys() == now.keys() and all(_may_be(old[key], each, exactly=True) for key, each in now.items())
        )
    if isinstance(now, list) and isinstance(old, list):
        return not exactly or (
            len(old) == len(now) and all(_may_be(*pair, exactly=True) for pair in zip(old, now, strict=True))
        )
    if isinstance(now, set | msgspec.Struct) and not exactly:
        return type(old) is type(now)
    return same(old, now)


def _kept(now: Struct, before: Struct, raw: Object) -> dict[int, _Origin]:
    """Return what the structs were read as that assignments kept, by identity.

    Nothing records which items a list or map had. They are taken for those that were read while all of them are equal,
    and no field shows where one of them comes from.
    """
    found: dict[int, _Origin] = {}
    waiting: deque[tuple[Any, Any, Any, str]] = deque([(now, before, raw, "")])
    held: deque[tuple[Any, Any, Any, str]] = deque()
    while waiting or held:
        value, old, json, path = waiting.popleft() if waiting else held.popleft()
        if isinstance(old, Struct) and isinstance(json, dict) and type(value) is type(old) and was_read(value):
            found.setdefault(id(value), _Origin(old, json, path))
            for field in fields_of(type(old)):
                pair = as_it_was(value, field.name), getattr(old, field.name)
                waiting.append((*pair, json.get(field.wire), at_field(path, field.wire)))
        elif isinstance(old, dict) and isinstance(json, dict) and same(old, value):
            held += [(value[key], each, json.get(key_of(key)), at_key(path, key)) for key, each in old.items()]
        elif isinstance(old, list) and isinstance(json, list) and same(old, value):
            items = zip(value, old, json, strict=False)
            held += [(*each, f"{path}[{index}]") for index, each in enumerate(items)]
    return found


def _structs(value: Any, path: str) -> Iterator[tuple[Struct, str]]:
    if isinstance(value, msgspec.Struct):
        if isinstance(value, Struct):
            yield value, path
        for field in fields_of(type(value)):
            yield from _structs(getattr(value, field.name), at_field(path, field.wire))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _structs(each, at_key(path, key))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _structs(each, f"{path}[{index}]")


def _origins(value: Any, raw: Any, path: str) -> Iterator[_Origin]:
    if isinstance(value, msgspec.Struct) and isinstance(raw, dict):
        if isinstance(value, Struct):
            yield _Origin(value, raw, path)
        for field in fields_of(type(value)):
            yield from _origins(getattr(value, field.name), raw.get(field.wire), at_field(path, field.wire))
    elif isinstance(value, dict) and isinstance(raw, dict):
        for key, each in value.items():
            yield from _origins(each, raw.get(key_of(key)), at_key(path, key))
    elif isinstance(value, list | tuple) and isinstance(raw, list):
        for index, (each, each_raw) in enumerate(zip(value, raw, strict=False)):
            yield from _origins(each, each_raw, f"{path}[{index}]")
