"""What every informer of a factory shares: the connection, discovery, clock, metrics and times."""

from dataclasses import dataclass

from plugin_operator.client import RESTMapper, Transport
from plugin_operator.clock import Clock
from plugin_operator.metrics import Metrics


@dataclass(frozen=True, slots=True)
class ReflectorSettings:
    """Times of a reflector, in seconds.

    Attributes:
        silence_seconds: the longest a watch may say nothing, or one event of it may take; a bookmark comes about every
            minute.
        list_silence_seconds: the longest a streaming list may say nothing before it is complete.
        prefer_pages_seconds: how long lists come in pages after a streaming list was refused or broke.
        page_seconds: the longest one page of a list may take.
        list_seconds: the longest a whole list may take, in pages or as a stream; kube-apiserver keeps the snapshot
            behind the pages for five minutes.
        watch_seconds: the shortest time a watch is asked to last; the longest is twice that.
        healthy_seconds: a stream that lasted this long starts the backoff over.
        backoff_seconds: the first pause after a failure, before jitter.
        backoff_cap_seconds: the longest pause, before jitter.
        poll_kind_seconds: how often to look for a kind the server does not serve; within two seconds of its
            definition it is to be followed, and a real server asks for one of them while its storage starts.
        poll_access_seconds: how often to try what the server does not allow.
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


@dataclass(frozen=True, slots=True)
class Environment:
    """The surroundings of one factory's informers."""

    transport: Transport
    mapper: RESTMapper
    clock: Clock
    metrics: Metrics
    settings: ReflectorSettings = ReflectorSettings()
