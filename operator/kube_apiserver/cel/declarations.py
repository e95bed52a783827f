"""OpenAPI schemas as types of the CEL type checker.

An object with declared properties becomes a protobuf message, because messages are the only types whose fields the
checker knows. So the checker finds undeclared fields and comparisons of a number with a string when the definition is
created. The messages serve type checking only: rules run on plain maps, in which reading an unset field is an error.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, struct_pb2, timestamp_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

from kube_apiserver.cel.names import PACKAGE, identifier
from kube_apiserver.cel.shapes import is_map, visible
from kube_apiserver.schema.model import Schema

_WELL_KNOWN = (timestamp_pb2, duration_pb2, struct_pb2)
_DYNAMIC = ".google.protobuf.Value"
_FORMATS = {
    "date-time": ".google.protobuf.Timestamp",
    "date": ".google.protobuf.Timestamp",
    "duration": ".google.protobuf.Duration",
}
_SCALARS = {
    "string": Field.TYPE_STRING,
    "integer": Field.TYPE_INT64,
    "number": Field.TYPE_DOUBLE,
    "boolean": Field.TYPE_BOOL,
}


class Declarations:
    """Converts one schema, and the schemas inside it, to CEL types.

    Args:
        library: the module ``cel_expr_python.cel``.
    """

    def __init__(self, library: Any) -> None:
        self._types = library.Type
        self._file = descriptor_pb2.FileDescriptorProto(name="schema.proto", package=PACKAGE, syntax="proto2")
        self._file.dependency.extend(module.DESCRIPTOR.name for module in _WELL_KNOWN)

    def variable(self, schema: Schema, *, is_root: bool = False) -> Any:
        """Return the CEL type of a variable that holds a value of ``schema``."""
        types = self._types
        if schema.type == "array" and schema.items is not None:
            return types.List(self.variable(schema.items))
        if is_map(schema) and not is_root and schema.additional is not None:
            return types.Map(types.STRING, self.variable(schema.additional))
        kind, name = self._field(schema, is_root=is_root)
        if kind == Field.TYPE_MESSAGE:
            return types.DYN if name == _DYNAMIC else types(name.lstrip("."))
        known = {Field.TYPE_STRING: types.STRING, Field.TYPE_INT64: types.INT, Field.TYPE_DOUBLE: types.DOUBLE}
        return {**known, Field.TYPE_BOOL: types.BOOL, Field.TYPE_BYTES: types.BYTES}[kind]

    def pool(self) -> descriptor_pool.DescriptorPool:
        """Return a descriptor pool with every message type declared so far."""
        pool = descriptor_pool.DescriptorPool()
        for module in _WELL_KNOWN:
            known = descriptor_pb2.FileDescriptorProto()
            module.DESCRIPTOR.CopyToProto(known)
            pool.Add(known)
        pool.Add(self._file)
        return pool

    def _message(self, schema: Schema, *, is_root: bool) -> str:
        name = f"Object{len(self._file.message_type)}"
        message = self._file.message_type.add(name=name)
        entries: set[str] = set()
        for number, (key, child) in enumerate(visible(schema, is_root=is_root).items(), start=1):
            escaped = identifier(key)
            if escaped is None:
                continue
            # protobuf's JSON names must differ in more than case. They are numbered, because no code uses them.
            field = message.field.add(name=escaped, number=number, json_name=f"f{number}", label=Field.LABEL_OPTIONAL)
            entry_name = _entry_name(escaped)
            if is_map(child) and child.additional is not None and entry_name not in entries:
                entries.add(entry_name)
                entry = message.nested_type.add(name=entry_name)
                entry.options.map_entry = True
                entry.field.add(name="key", number=1, type=Field.TYPE_STRING, label=Field.LABEL_OPTIONAL)
                value = entry.field.add(name="value", number=2, label=Field.LABEL_OPTIONAL)
                self._set(value, *self._field(child.additional))
                field.label = Field.LABEL_REPEATED
                self._set(field, Field.TYPE_MESSAGE, f".{PACKAGE}.{name}.{entry_name}")
            elif child.type == "array" and child.items is not None:
                field.label = Field.LABEL_REPEATED
                self._set(field, *self._field(child.items))
            else:
                self._set(field, *self._field(child))
        return f".{PACKAGE}.{name}"

    def _field(self, schema: Schema, *, is_root: bool = False) -> tuple[Any, str]:
        """Return the protobuf field type of a value. Lists and maps inside lists and maps are untyped."""
        if schema.int_or_string:
            return Field.TYPE_MESSAGE, _DYNAMIC
        if schema.type == "string" and schema.format in _FORMATS:
            return Field.TYPE_MESSAGE, _FORMATS[schema.format]
        if schema.type == "string" and schema.format == "byte":
            return Field.TYPE_BYTES, ""
        if schema.type in _SCALARS:
            return _SCALARS[schema.type], ""
        if schema.type == "array":
            return Field.TYPE_MESSAGE, ".google.protobuf.ListValue"
        if is_map(schema) and not is_root:
            return Field.TYPE_MESSAGE, ".google.protobuf.Struct"
        if schema.type == "object":
            return Field.TYPE_MESSAGE, self._message(schema, is_root=is_root)
        return Field.TYPE_MESSAGE, _DYNAMIC

    @staticmethod
    def _set(field: Field, kind: Any, type_name: str) -> None:
        field.type = kind
        if type_name:
            field.type_name = type_name


def _entry_name(field: str) -> str:
    """Return the name that protobuf requires for the entry message of a map field."""
    return "".join(part[:1].upper() + part[1:] for part in field.split("_")) + "Entry"
