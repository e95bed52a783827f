"""What the parameters of a function are, by their names and annotations."""

import ast

_CONTEXTS = frozenset({"Context", "ControllerContext", "FakeContext"})
_MAX_STEPS = 10
_MAX_TEXT = 1000


def annotation_of(parameter: ast.arg) -> str:
    """Return the name of the class that annotates a parameter, without its module; empty if there is none."""
    return _name(parameter.annotation, _MAX_STEPS)


def is_context(parameter: ast.arg) -> bool:
    """Report whether a parameter is a context, by its annotation or name."""
    name = annotation_of(parameter)
    return name in _CONTEXTS or (parameter.arg == "ctx" and name != "MapContext")


def _name(annotation: ast.expr | None, steps: int) -> str:
    if steps <= 0:
        return ""
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Constant(value=str() as text):
            return _name(_parsed(text), steps - 1)
        case ast.Subscript(value=value, slice=inner):
            if _name(value, steps - 1) != "Annotated":
                return _name(value, steps - 1)
            return _name(inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner, steps - 1)
    return ""


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body if len(text) <= _MAX_TEXT else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
