"""Replacements for parts of an operator's plugin host.

Owns the defaults, which are those of production. Tests replace parts to control time and to observe plugins; a command
hands over the process that tries plugins.
"""

from collections.abc import Callable, Collection
from typing import TypeAlias

import msgspec

from plugin_operator.cache import OwnedShards
from plugin_operator.cache.environment import ReflectorSettings
from plugin_operator.client.http.transport import Transport
from plugin_operator.clock import Clock
from plugin_operator.controllers import Reconciler
from plugin_operator.fence import Fence
from plugin_operator.hosting import HostSettings, Loader, Validator
from plugin_operator.hosting.environment import DefinitionsLike
from plugin_operator.hosting.validation.trial_process import TrialProcess
from plugin_operator.manager import Election
from plugin_operator.plugin import ControllerScope, Recorder
from plugin_operator.processes.blame.marking import Marking
from plugin_operator.processes.peers.peers import Peers

Instrument: TypeAlias = Callable[[ControllerScope, Reconciler], Reconciler]


class HostParts(msgspec.Struct, frozen=True):
    """How an ``App`` builds its plugin host.

    Attributes:
        originals: files and folders of which the plugins directory is a copy; see ``Scanner``.
        clock: clock of host, queues, schedules and Events; None for that of the machine.
        settings: times and bounds of the host; None to take them from the options.
        reflector: times of the caches; None for the defaults.
        loader: imports plugins; None for the default.
        validates: whether a child process imports each plugin first.
        trials: that process, if it was started before.
        tried: digests of contents that run in another worker process, which need no trial here.
        reviews: whether the API server is asked what plugins in trouble lack.
        watches: whether the kernel reports changes of the plugins directory; scans find them in any case.
        transport: wraps the transport of the plugins' clients.
        recorder: wraps the recorder of each controller; takes it and the controller's name.
        instrument: wraps each reconciler, inside of the wrapper for tracing.
        definitions: wraps what installs definitions of custom kinds.
        election: decides whether this process leads, given its fence; None to follow the options.
        shards: the part of the objects that this worker process owns; None if it owns all.
        peers: the other worker processes; None if there are none.
        marking: notes which plugin's code runs; None for no notes.
    """

    originals: tuple[str, ...] = ()
    clock: Clock | None = None
    settings: HostSettings | None = None
    reflector: ReflectorSettings | None = None
    loader: Loader | None = None
    validates: bool = True
    trials: TrialProcess | None = None
    tried: Collection[str] = ()
    reviews: bool = True
    watches: bool = True
    transport: Callable[[Transport], Transport] | None = None
    recorder: Callable[[Recorder, str], Recorder] | None = None
    instrument: Instrument | None = None
    definitions: Callable[[DefinitionsLike], DefinitionsLike] | None = None
    election: Callable[[Fence], Election] | None = None
    shards: OwnedShards | None = None
    peers: Peers | None = None
    marking: Marking | None = None

    def validator(self, clock: Clock, deadline_seconds: float) -> Validator | None:
        """Return what tries plugins in a child process."""
        if not self.validates:
            return None
        return Validator(clock=clock, deadline_seconds=deadline_seconds, first=self.trials, tried=self.tried)

    def runs_singles(self) -> bool:
        """Report whether this process does what only one worker does."""
        return self.shards is None or self.shards.leads

    def wrapped(self, transport: Transport) -> Transport:
        """Return the transport of the plugins' clients."""
        return self.transport(transport) if self.transport is not None else transport

    def bound(self, bind: Callable[[str], Recorder], controller: str) -> Recorder:
        """Return the recorder of one controller, which ``bind`` makes."""
        return self.recorder(bind(controller), controller) if self.recorder is not None else bind(controller)

    def defined(self, definitions: DefinitionsLike) -> DefinitionsLike:
        """Return what installs definitions."""
        return self.definitions(definitions) if self.definitions is not None else definitions

    def instrumented(self, outer: Instrument | None, scope: ControllerScope, reconcile: Reconciler) -> Reconciler:
        """Return a reconciler with its own wrapper, and then ``outer``."""
        inner = self.instrument(scope, reconcile) if self.instrument is not None else reconcile
        return outer(scope, inner) if outer is not None else inner
