"""Dependencies and settings that all informers of a factory share."""

import msgspec

from plugin_operator.client import RESTMapper, Transport
from plugin_operator.clock import Clock
from plugin_operator.metrics import Metrics


class ReflectorSettings(msgspec.Struct, frozen=True):
    """Timeouts and intervals of a reflector, in seconds.

    Attributes:
        silence_seconds: the longest time without a watch event; kube-apiserver sends a bookmark about every minute.
        list_silence_seconds: the longest time without an event before a streaming list is complete.
        prefer_pages_seconds: how long the reflector lists in pages after a streaming list failed.
        page_seconds: deadline of one page of a list.
        list_seconds: deadline of a whole list, paged or streaming; kube-apiserver keeps the snapshot behind the pages
            for five minutes.
        watch_seconds: the shortest ``timeoutSeconds`` of a watch; the longest is twice that.
        healthy_seconds: a stream that lasted this long resets the backoff.
        backoff_seconds: the first backoff, before jitter.
        backoff_cap_seconds: the longest backoff, before jitter.
        poll_kind_seconds: interval of discovery for a kind that is not served. An informer has to start within two
            seconds of the CRD, of which kube-apiserver needs one to start the storage.
        poll_access_seconds: interval of requests that the server forbids.
    """

    silence_seconds: float = 90.0
    list_silence_seconds: float = 20.0
    prefer_pages_seconds: float = 600.0
    page_seconds: float = 60.0
    list_seconds: float = 1800.0
    watch_seconds: float = 300.0
    healthy_seconds: float = 10.0
    backoff_seconds: float = 0.2
    backoff_cap_seconds: float = 10.0
    poll_kind_seconds: float = 0.5
    poll_access_seconds: float = 8.0


class Environment(msgspec.Struct, frozen=True):
    """Dependencies of the informers of one factory."""

    transport: Transport
    mapper: RESTMapper
    clock: Clock
    metrics: Metrics
    settings: ReflectorSettings = ReflectorSettings()
