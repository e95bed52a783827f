"""The fix for wrong uses of the author's API: for exceptions that Python raises, and for the lints.

Leaves texts of other exceptions to ``rendering``, and imports to ``hosting.loading``.
"""

from plugin_operator.error_hints.hints import (
    CONTEXT_ALIASES,
    STATUS_BLOCK,
    described,
    hint_for,
    missing_arguments,
    named_argument,
    unknown_argument,
)
from plugin_operator.error_hints.kind_classes import kind_of_class, meant_class, meant_module
from plugin_operator.error_hints.signatures import API, KINDS, METHODS, methods_in, named_in
from plugin_operator.error_hints.undeclared_kinds import undeclared_kind

__all__ = [
    "API",
    "CONTEXT_ALIASES",
    "KINDS",
    "METHODS",
    "STATUS_BLOCK",
    "described",
    "hint_for",
    "kind_of_class",
    "meant_class",
    "meant_module",
    "methods_in",
    "missing_arguments",
    "named_argument",
    "named_in",
    "undeclared_kind",
    "unknown_argument",
]
