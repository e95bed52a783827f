"""The subresources that connect to a container: exec, attach, portforward and log. No node of this server has one.

The order of the checks is that of kube-apiserver's ``registry/core/pod``.
"""

from typing import Any

from kube_apiserver.conversion.versions import to_served
from kube_apiserver.requests.request import Request
from kube_apiserver.storage import Item
from kube_apiserver.verbs.reading import find_shown
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import StatusError, bad_request, internal, not_found

#: The subresources, whose answers are no objects.
CONNECTED = frozenset({"exec", "attach", "portforward", "log"})


async def connect(request: Request) -> Response:
    """Answer exec or attach: 400 for a Pod without a node or without the container."""
    item, pod = _pod(request)
    _check_container(request, item, pod)
    raise _unreachable(request, item, pod)


async def forward(request: Request) -> Response:
    """Answer portforward: 400 for a Pod without a node."""
    raise _unreachable(request, *_pod(request))


async def read_log(request: Request) -> Response:
    """Answer with the log of a container, which is empty for a Pod without a node."""
    item, pod = _pod(request)
    _check_container(request, item, pod)
    if not (pod.get("spec") or {}).get("nodeName"):
        return Response(b"", 204, media="")
    raise _unreachable(request, item, pod)


def _pod(request: Request) -> tuple[Item, dict[str, Any]]:
    item = find_shown(request)
    return item, to_served(request.resource, item)


def _check_container(request: Request, item: Item, pod: dict[str, Any]) -> None:
    """Raise 400 if the request names no container of the Pod, or none although there are several."""
    spec, wanted = pod.get("spec") or {}, request.query.get("container", "")
    names = [entry["name"] for kind in _CONTAINERS for entry in spec.get(kind) or ()]
    if wanted and wanted not in names:
        raise bad_request(f"container {wanted} is not valid for pod {item.name}")
    if not wanted and len(spec.get("containers") or ()) != 1:
        chosen = f"choose one of: [{' '.join(names)}]"
        raise bad_request(f"a container name must be specified for pod {item.name}, {chosen}")


def _unreachable(request: Request, item: Item, pod: dict[str, Any]) -> StatusError:
    """Return why no container of a Pod can be reached."""
    node = (pod.get("spec") or {}).get("nodeName", "")
    if not node:
        return bad_request(f"pod {item.name} does not have a host assigned")
    if request.cluster.store.shown("nodes", node) is None:
        return not_found("pods", "", node)  # kube-apiserver's own mistake
    return internal(f"node {node} has no kubelet: this server runs no containers")


_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
