"""structlog as this operator uses it, which is without rich.

structlog imports rich where it is installed, to draw tracebacks in a way that this operator does not use. That takes
20 ms and 3 MB, of the operator and of the process that tries plugins. Plugins can still import rich.
"""

import sys
from typing import Any, cast

_MODULES = cast("dict[str, Any]", sys.modules)
_hides_rich = "rich" not in _MODULES
if _hides_rich:
    _MODULES["rich"] = None  # an import of it now raises ImportError

try:
    import structlog
    from structlog.tracebacks import ExceptionDictTransformer
    from structlog.types import EventDict, ExcInfo, FilteringBoundLogger, Processor
finally:
    if _hides_rich:
        del _MODULES["rich"]

__all__ = ["EventDict", "ExcInfo", "ExceptionDictTransformer", "FilteringBoundLogger", "Processor", "structlog"]
