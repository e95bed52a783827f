"""Validation of the selectors of devices."""

from collections.abc import Iterator, Sequence

from kube_apiserver.kinds.resource.names import declared_all
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Object

_LONGEST, _MOST = 10 * 1024, 32


def device_selector_causes(selectors: Sequence[Object], path: str) -> Iterator[Cause]:
    """Yield the field errors of selectors of devices."""
    if len(selectors) > _MOST:
        yield from declared_all([messages.too_many(path, len(selectors), _MOST)])
        return
    for position, each in enumerate(selectors):
        where = f"{path}[{position}].cel"
        if each.get("cel") is None:
            yield messages.required(where)
        else:
            yield from _expression(each["cel"].get("expression") or "", f"{where}.expression")


def _expression(text: str, path: str) -> Iterator[Cause]:
    if len(text.encode()) > _LONGEST:
        yield messages.too_long(path, _LONGEST)
        return
    # Imported on demand: few servers get selectors of devices.
    from kube_apiserver.kinds.resource.device_expressions import expression_causes

    yield from expression_causes(text, path)
