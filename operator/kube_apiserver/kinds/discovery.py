"""EndpointSlices."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell
from kube_apiserver.printer_columns.formats import shortened
from kube_apiserver.strategies import Draft, Object, Strategy


def _default(obj: Draft) -> None:
    """Set ports[*]: name and protocol."""
    for port in obj.get("ports") or ():
        fill(port, name="", protocol="TCP")


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an EndpointSlice."""
    ports = [str(port.get("port", "*")) if port.get("port") else "*" for port in obj.get("ports") or ()]
    addresses = [address for endpoint in obj.get("endpoints") or () for address in endpoint.get("addresses") or ()]
    kind = obj.get("addressType", "")
    return [
        obj["metadata"]["name"],
        kind,
        shortened(ports, "<unset>"),
        shortened(addresses, "<unset>"),
        age_cell(obj, now),
    ]


STRATEGIES = (
    Strategy(
        group="discovery.k8s.io",
        kind="EndpointSlice",
        default=_default,
        columns=columns("Name/name|AddressType|Ports|Endpoints|Age", _cells),
    ),
)
