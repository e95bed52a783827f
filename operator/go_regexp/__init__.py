"""Go's regular expressions, as Kubernetes judges them: the ``pattern`` of a schema, ``matches`` and ``find`` of CEL.

RE2 is the engine (``google-re2``): its time is linear in the text, so no pattern can stall the process. The package
``syntax`` covers where RE2 and Go disagree about what a pattern is. The engine is imported when the first pattern is
compiled, so that a process without patterns pays nothing.

The embedded API server and the operator both use this package, and neither imports the other. It imports neither.
"""

from go_regexp.pattern import Pattern, PatternError, compile_pattern

__all__ = ["Pattern", "PatternError", "compile_pattern"]
