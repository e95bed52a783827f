"""The classes of ``rules.go``."""

from typing import Annotated

from plugin_operator import UNSET, ApiObject, Struct, UnsetType, resource, rule, schema

GROWS = rule(
    "oldSelf.hasValue() ? self >= oldSelf.value() : self >= 0",
    message="growing must not shrink",
    optional_old_self=True,
)


@schema(
    rules=[
        rule(
            "self.least <= self.most",
            message="least must not exceed most",
            reason="FieldValueForbidden",
            field_path=".least",
        ),
        rule("self.most < 100", message_expression="self.name + ' has too much'"),
        rule("self.name != 'root'"),
    ]
)
class RuledSpec(Struct):
    least: int
    most: int
    name: Annotated[str, schema(max_length=20, rules=[rule("self.startsWith('r')", message="must start with r")])]


@resource("py.pairs.example.com/v1/Ruled")
class Ruled(ApiObject):
    spec: RuledSpec


class TransitionSpec(Struct):
    fixed: Annotated[str, schema(rules=[rule("self == oldSelf", message="fixed must not change")])]
    growing: Annotated[int, schema(rules=[GROWS])]


@resource("py.pairs.example.com/v1/Transition")
class Transition(ApiObject):
    spec: TransitionSpec


@schema(
    rules=[
        rule(
            "(has(self.user)?1:0)+(has(self.token)?1:0) <= 1",
            message="at most one of the fields in [user token] may be set",
        ),
        rule(
            "(has(self.file)?1:0)+(has(self.address)?1:0) == 1",
            message="exactly one of the fields in [file address] must be set",
        ),
    ]
)
class UnionSpec(Struct):
    file: str | UnsetType = UNSET
    address: str | UnsetType = UNSET
    user: str | UnsetType = UNSET
    token: str | UnsetType = UNSET


@resource("py.pairs.example.com/v1/Union")
class Union(ApiObject):
    spec: UnionSpec
