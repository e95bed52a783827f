"""Whether a type fits another, with type parameters, by the rules of cel-go's checker."""

from collections.abc import Sequence

from go_cel.types import Type, is_dyn, is_dyn_or_error

_NULLABLE = frozenset({"opaque", "struct", "any", "duration", "timestamp"})
_WITH_PARAMS = frozenset({"opaque", "list", "map", "function"})


class Mapping:
    """What type parameters stand for."""

    __slots__ = ("_types",)

    def __init__(self, types: dict[str, Type] | None = None) -> None:
        self._types = types if types is not None else {}

    def copy(self) -> "Mapping":
        """Return a mapping that can change on its own."""
        return Mapping(dict(self._types))

    def add(self, known: Type, meaning: Type) -> None:
        """Let a parameter stand for a type."""
        self._types[known.text] = meaning

    def find(self, known: Type) -> Type | None:
        """Return what a type stands for, None if it stands for itself."""
        return self._types.get(known.text)

    def substitute(self, found: Type, *, is_final: bool = False) -> Type:
        """Replace the parameters inside a type. At the end, unknown ones are dynamic."""
        meaning = self.find(found)
        if meaning is not None:
            return self.substitute(meaning, is_final=is_final)
        if is_final and found.kind == "param":
            return Type("dyn")
        if found.params:
            inside = tuple(self.substitute(each, is_final=is_final) for each in found.params)
            return Type(found.kind, found.name, inside)
        return found


def assignable(mapping: Mapping, given: Sequence[Type], wanted: Sequence[Type]) -> Mapping | None:
    """Return the mapping under which the types fit, None if they do not."""
    tried = mapping.copy()
    if len(given) == len(wanted) and all(_fits(tried, each, other) for each, other in zip(given, wanted, strict=True)):
        return tried
    return None


def most_general(first: Type, second: Type) -> Type:
    """Return the more general of two types that fit."""
    return first if _is_less_specific(first, second) else second


def collect_params(found: Type, names: dict[str, Type]) -> None:
    """Add the type parameters inside a type to ``names``."""
    if found.kind == "param":
        names[found.name] = found
    for each in found.params:
        collect_params(each, names)


def _fits(mapping: Mapping, given: Type, wanted: Type) -> bool:
    if wanted.kind == "param":
        valid, is_known = _stands_for(mapping, given, wanted)
        if valid or is_known:
            return valid
    if given.kind == "param":
        return _stands_for(mapping, wanted, given)[0]
    if is_dyn_or_error(given) or is_dyn_or_error(wanted):
        return True
    if given.kind == "null" or wanted.kind == "null":
        other = wanted if given.kind == "null" else given
        return other.kind in _NULLABLE or other.kind == "null"
    if given.kind == "type":
        return wanted.kind == "type"
    if given.kind in _WITH_PARAMS:
        same = given.kind == wanted.kind and given.name == wanted.name and len(given.params) == len(wanted.params)
        pairs = zip(given.params, wanted.params, strict=False)
        return same and all(_fits(mapping, each, other) for each, other in pairs)
    return given == wanted


def _stands_for(mapping: Mapping, given: Type, parameter: Type) -> tuple[bool, bool]:
    """Return whether a parameter may stand for a type, and whether it stands for one already."""
    if given == parameter:
        return True, True
    known = mapping.find(parameter)
    if known is not None:
        if given == known:
            return True, True
        if not _fits(mapping, given, known):
            return False, True
        general = most_general(given, known)
        if not _occurs(mapping, parameter, general):
            mapping.add(parameter, general)
        return True, True
    if not _occurs(mapping, parameter, given):
        mapping.add(parameter, given)
        return True, False
    return False, False


def _occurs(mapping: Mapping, parameter: Type, inside: Type) -> bool:
    if parameter == inside:
        return True
    if inside.kind == "param":
        meaning = mapping.find(inside)
        return meaning is not None and _occurs(mapping, parameter, meaning)
    return any(_occurs(mapping, parameter, each) for each in inside.params)


def _is_less_specific(first: Type, second: Type) -> bool:
    if is_dyn(first) or first.kind == "param":
        return True
    if is_dyn(second) or second.kind == "param" or first.kind != second.kind:
        return False
    if first.kind in _WITH_PARAMS:
        same = first.name == second.name and len(first.params) == len(second.params)
        pairs = zip(first.params, second.params, strict=False)
        return same and all(_is_less_specific(each, other) for each, other in pairs)
    return first.kind == "type" or first == second
