"""Endpoints, which EndpointSlices replace."""

from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell
from kube_apiserver.printer_columns.formats import NONE, shortened
from kube_apiserver.strategies import Object, Strategy


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an Endpoints object."""
    found = []
    for subset in obj.get("subsets") or ():
        for address in subset.get("addresses") or ():
            ports = subset.get("ports") or ()
            found += [f"{address.get('ip')}:{port.get('port')}" for port in ports] or [str(address.get("ip"))]
    return [obj["metadata"]["name"], shortened(found, NONE), age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        kind="Endpoints",
        has_generation=False,
        created_by_update=True,
        columns=columns("Name/name|Endpoints|Age", _cells),
        deprecation="v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    ),
)
