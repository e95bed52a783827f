"""``Client``: all verbs, and the rules that hold for each."""

from typing import Protocol

from plugin_operator.client.interface.deletions import Deletions
from plugin_operator.client.interface.patches import Patches
from plugin_operator.client.interface.reads import Reads
from plugin_operator.client.interface.writes import Writes


class Client(Reads, Writes, Patches, Deletions, Protocol):
    """Requests about objects, straight to the API server: not to the cache, which ``Lister`` reads.

    *Objects* are dicts as in the API's JSON. A kind is text (``"v1/Secret"``, ``"apps/v1/Deployment"``), a
    ``GroupVersionKind``, or a model class of kubernetes-asyncio. A model class as the kind, or a model as the object,
    returns models. Arguments are never changed. A call about one object takes the object in place of its kind, name
    and namespace: ``delete(obj)``.

    *Namespace*: in a plugin there is no default namespace. A call about one namespaced object takes it from
    ``namespace=``, from a ``Request``, or from ``metadata.namespace`` of the object. Without one it raises ValueError
    before anything is sent. ``list`` without one reads all namespaces. Kinds without namespaces ignore it.

    *Field manager*: each controller writes as ``plugin-operator/<id>``, where ``id`` is declared and by default its
    name. ``field_manager=`` names another manager for that one write.

    *Dry run*: ``dry_run=True`` asks for the answer without storing anything. Later reconciles do not wait for it, and
    no loop or fight is counted. It needs the same rights as the write, and a process that leads.

    *Errors*: besides those named at each method, every method raises:

    - the subclass of ``ApiError`` that fits the server's answer; ``NoMatchError`` for a kind that is not served;
    - ``ApiConnectionError`` without an answer, ``ConfigError`` without credentials;
    - ValueError for a text that is no kind, a missing name or a missing namespace;
    - ``LeadershipLost``, for a write in a process that no longer leads.

    *Time*: a call has 30 seconds, waits that ``Retry-After`` asks for included. A cancelled call closes its connection
    and raises ``CancelledError``; the server may have carried out its write.
    """
