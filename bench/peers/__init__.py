"""One module for each operator that is measured. ``ALL`` is what ``make bench`` knows, this operator first."""

from bench.peers import controller_runtime, kopf_on_event, kube_rs, plugin_operator_cli
from bench.peers.peer import Peer

ALL: tuple[Peer, ...] = (
    plugin_operator_cli.PEER,
    controller_runtime.TYPED,
    controller_runtime.ONE_THREAD,
    controller_runtime.UNSTRUCTURED,
    controller_runtime.METADATA,
    kube_rs.PEER,
    kube_rs.METADATA,
    kopf_on_event.PEER,
)
