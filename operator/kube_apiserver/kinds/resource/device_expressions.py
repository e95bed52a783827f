"""The CEL expressions that select devices."""

from collections.abc import Iterator

from go_cel import CompileError, Scope, compile_expression
from go_cel.types import BOOL, DYN, STRING, map_of, struct
from kube_apiserver.schema import Cause, messages

_BY_DOMAIN = map_of(STRING, map_of(STRING, DYN))
_DEVICE = "kubernetes.DRADevice"
_FIELDS = {
    "driver": STRING,
    "attributes": _BY_DOMAIN,
    "capacity": _BY_DOMAIN,
    "allowMultipleAllocations": BOOL,
}
_SCOPE = Scope({"device": struct(_DEVICE)}, {_DEVICE: _FIELDS})


def expression_causes(text: str, path: str) -> Iterator[Cause]:
    """Yield the field error of an expression that is wrong, or neither true nor false."""
    try:
        result = compile_expression(text, _SCOPE).result
    except CompileError as error:
        yield messages.invalid(path, text, f"compilation failed: {error}")
        return
    if result not in (BOOL, DYN):
        yield messages.invalid(path, text, f"must evaluate to bool or the unknown type, not {result.text}")
