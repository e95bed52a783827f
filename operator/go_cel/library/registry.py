"""Every function by its name, and those overloads that their arguments do not tell apart."""

from collections.abc import Mapping

from go_cel.library import collections, conversions, formats, networks, operators, strings, times, urls, versions
from go_cel.library.conversions import Function
from go_cel.values.scalars import Duration, Uint

_LIBRARIES = (operators, conversions, strings, collections, times, networks, urls, versions, formats)

FUNCTIONS: Mapping[str, Function] = {name: run for each in _LIBRARIES for name, run in each.FUNCTIONS.items()}


def _sum_from(zero: object) -> Function:
    return lambda items: FUNCTIONS["sum"](items) if items else zero


OVERLOADS: Mapping[str, Function] = {
    "list_double_sum_double": _sum_from(0.0),
    "list_uint_sum_uint": _sum_from(Uint(0)),
    "list_duration_sum_duration": _sum_from(Duration(0)),
}
