"""The types that the checker knows."""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Type:
    """A type.

    Attributes:
        kind: ``int``, ``list``, ``map``, ``struct``, ``opaque``, ``param``, ``type``, ``dyn``, ``error`` and the like.
        name: the name of a struct, an opaque type or a type parameter.
        params: the types inside.
    """

    kind: str
    name: str = ""
    params: "tuple[Type, ...]" = ()

    @cached_property
    def text(self) -> str:
        """The type as error messages show it."""
        match self.kind:
            case "list":
                return f"list({self.params[0].text})"
            case "map":
                return f"map({self.params[0].text}, {self.params[1].text})"
            case "type":
                return f"type({self.params[0].text})" if self.params else "type"
            case "opaque":
                return f"{self.name}({', '.join(each.text for each in self.params)})" if self.params else self.name
            case "struct" | "param":
                return self.name
            case "error":
                return "!error!"
        return self.kind

    @property
    def runtime_name(self) -> str:
        """The name that ``type()`` shows at run time."""
        return RUNTIME_NAMES.get(self.kind, self.name or self.kind)


RUNTIME_NAMES = {
    "null": "null_type",
    "timestamp": "google.protobuf.Timestamp",
    "duration": "google.protobuf.Duration",
}

BOOL, INT, UINT, DOUBLE = Type("bool"), Type("int"), Type("uint"), Type("double")
STRING, BYTES, NULL, DYN = Type("string"), Type("bytes"), Type("null"), Type("dyn")
TIMESTAMP, DURATION, ERROR, ANY = Type("timestamp"), Type("duration"), Type("error"), Type("any")
TYPE = Type("type")
SCALARS = frozenset({"bool", "int", "uint", "double", "timestamp", "duration"})
OPTIONAL_NAME = "optional_type"


def list_of(item: Type) -> Type:
    """Return the type of a list."""
    return Type("list", params=(item,))


def map_of(key: Type, value: Type) -> Type:
    """Return the type of a map."""
    return Type("map", params=(key, value))


def struct(name: str) -> Type:
    """Return the type of an object with declared fields."""
    return Type("struct", name)


def optional_of(value: Type) -> Type:
    """Return the type of an optional value."""
    return Type("opaque", OPTIONAL_NAME, (value,))


def type_of(value: Type) -> Type:
    """Return the type of a type."""
    return Type("type", params=(value,))


def param(name: str) -> Type:
    """Return a type parameter."""
    return Type("param", name)


def is_dyn(found: Type) -> bool:
    """Report whether a type is dynamic."""
    return found.kind in ("dyn", "any")


def is_dyn_or_error(found: Type) -> bool:
    """Report whether checking continues with a type as if it were dynamic."""
    return found.kind in ("dyn", "any", "error")


def unwrapped(found: Type) -> tuple[Type, bool]:
    """Return the type of the value of an optional, and whether it is one."""
    if found.kind == "opaque" and found.name == OPTIONAL_NAME:
        return found.params[0], True
    return found, False


_LITERAL_TYPES = {
    "bool": BOOL,
    "int": INT,
    "Uint": UINT,
    "float": DOUBLE,
    "str": STRING,
    "bytes": BYTES,
    "NoneType": NULL,
}


def literal_type(value: object) -> Type:
    """Return the type of a constant."""
    return _LITERAL_TYPES[type(value).__name__]
