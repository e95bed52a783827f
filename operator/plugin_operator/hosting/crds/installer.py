"""``DefinitionInstaller``: makes the API server serve the wanted CustomResourceDefinition.

Owns the order of steps: read, decide, try, apply, wait. It never deletes a definition, and never forces a field.
"""

import contextlib
import re
from collections.abc import Iterator

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.errors import ApiError, ConflictError, ExternalError, ForbiddenError, InvalidError
from plugin_operator.hosting.crds.decision import Change, Definition, change_of
from plugin_operator.hosting.crds.installed_by import is_stored_alike, lacks_mark, left_to, marked, other_installer
from plugin_operator.hosting.crds.live_check import StillInUse, check_live_objects
from plugin_operator.hosting.crds.outcomes import DefinitionPending, DefinitionRefused, Installed
from plugin_operator.hosting.crds.requests import DEFINITIONS, FIELD_MANAGER, DefinitionRequests
from plugin_operator.hosting.crds.sufficiency import unmet_needs
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.request_calls import call_in
from plugin_operator.kube import GroupVersionKind, Object
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import counter

SERVED_SECONDS = 30.0
_POLL_SECONDS = 0.05
_LONGEST_POLL_SECONDS = 1.0
_ATTEMPTS = 3
_VERBS = ("get", "create", "patch")
_PLURAL = "customresourcedefinitions"
#: What the log says of each action of ``Installed``.
_EVENTS = {
    "created": "Definition created",
    "updated": "Definition updated",
    "kept": "Definition in the cluster left as it is",
}

DEFINITION_WRITES = counter(
    "plugin_operator_definition_writes_total",
    "CustomResourceDefinitions that were created, updated, kept as they are, or refused",
    "definition",
    "result",
)

# Message of a conflict of field managers.
_OWNER = re.compile(r'conflict with "(?P<manager>[^"]*)"')

_log = logs.get_logger(__name__)


class DefinitionInstaller:
    """Installs definitions on the API server.

    Args:
        requests: sends the requests.
        clock: measures the wait for a served kind.
        metrics: counts what was written.
        operator: name of this operator; what another one installed is left alone.
    """

    def __init__(self, requests: DefinitionRequests, clock: Clock, metrics: Metrics, *, operator: str) -> None:
        self._requests = requests
        self._clock = clock
        self._operator = operator
        self._kept: dict[str, str] = {}
        self._writes = metrics.family(DEFINITION_WRITES)

    async def install(self, wanted: Definition, *, plugin: str, path: str) -> Installed:
        """Create or update a definition if that is needed and allowed, and wait until its versions are served.

        A cancelled call may have written the definition; the next call continues from there.

        Args:
            wanted: the definition.
            plugin: name of the plugin, for log lines.
            path: the file of the class, for log lines.

        Raises:
            DefinitionRefused: the change is not allowed.
            DefinitionPending: the API server failed, or does not allow a request; try again later.
        """
        name = wanted["metadata"]["name"]
        try:
            done = await self._install(wanted)
        except DefinitionRefused:
            self._writes.inc(name, "refused")
            raise
        except InvalidError as error:
            self._writes.inc(name, "refused")
            raise DefinitionRefused(f"the API server refuses the definition {name}: {error.message}") from error
        except ForbiddenError as error:
            reason = f"the definition {name} cannot be installed: {error.message}"
            raise DefinitionPending(reason, _denied(error, name)) from error
        except (ApiError, ExternalError) as error:
            raise DefinitionPending(f"the definition {name} is not installed yet: {error}") from error
        is_known = done.action == "kept" and self._kept.get(name) == done.note
        self._kept[name] = done.note
        if done.action != "unchanged" and not is_known:
            self._writes.inc(name, done.action)
            say = _log.warning if done.note else _log.info
            say(_EVENTS[done.action], plugin=plugin, path=path, definition=name, reason=done.note or None)
        return done

    async def _install(self, wanted: Definition) -> Installed:
        for attempt in range(_ATTEMPTS):
            live = await self._requests.get(wanted["metadata"]["name"])
            try:
                done = await self._create(wanted) if live is None else await self._update(wanted, live)
            except ConflictError:
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            await self._wait_served(wanted)
            return done
        raise AssertionError("unreachable")

    async def _create(self, wanted: Definition) -> Installed:
        plural = wanted["spec"]["names"]["plural"]
        for kind in _kinds(wanted):
            other = await self._requests.served(kind)
            if other is not None and other.plural != plural:
                raise DefinitionRefused(
                    f".spec.names: {kind} is served as {other.plural}.{kind.group} already, and cannot become "
                    f"{plural}.{kind.group}: keep its plural, or choose another kind"
                )
        await self._requests.apply(marked(wanted, self._operator), "")
        return Installed("created")

    async def _update(self, wanted: Definition, live: Object) -> Installed:
        if live["metadata"].get("deletionTimestamp"):
            raise DefinitionPending(
                f"the definition {live['metadata']['name']} is being deleted; it is created again once it is gone, for "
                "which its objects must be gone too"
            )
        change = change_of(wanted, live)
        if not change.differs:
            return await self._unchanged(wanted, live)
        version, mine = live["metadata"]["resourceVersion"], marked(wanted, self._operator)
        try:
            if is_stored_alike(await self._requests.apply(mine, version, dry_run=True), live):
                return await self._unchanged(wanted, live)
            if other := other_installer(live, self._operator):
                return _kept(wanted, live, left_to(live, other))
            if change.is_narrowing:
                await check_live_objects(self._requests, change, live)
            await self._requests.apply(mine, version)
        except ConflictError as error:
            if not (owners := list(_owners(error))):
                raise
            return _kept(wanted, live, _owned_by(owners))
        except StillInUse as error:
            return _kept(wanted, live, str(error))
        return Installed("updated", _unserved(change))

    async def _unchanged(self, wanted: Definition, live: Object) -> Installed:
        """Mark a definition that this operator's field manager applied without a mark, and leave any other."""
        if lacks_mark(live, FIELD_MANAGER):
            # Without the right to patch, the definition can be used as it is.
            with contextlib.suppress(ForbiddenError):
                await self._requests.apply(marked(wanted, self._operator), live["metadata"]["resourceVersion"])
        return Installed("unchanged")

    async def _wait_served(self, wanted: Definition) -> None:
        name, kinds = wanted["metadata"]["name"], _kinds(wanted)
        end, pause = self._clock.monotonic() + SERVED_SECONDS, _POLL_SECONDS
        while True:
            live = await self._requests.get(name)
            conditions = {each["type"]: each for each in ((live or {}).get("status") or {}).get("conditions") or ()}
            accepted, established = conditions.get("NamesAccepted", {}), conditions.get("Established", {})
            if established.get("status") == "True":
                if await self._requests.all_served(kinds):
                    return
            elif accepted.get("status") == "False":
                raise DefinitionRefused(
                    f".spec.names: the API server does not accept the names of {name}: {accepted.get('message', '')}: "
                    "another definition has them"
                )
            if self._clock.monotonic() >= end:
                raise DefinitionPending(f"the definition {name} is not served after {SERVED_SECONDS:g} s")
            await self._clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_POLL_SECONDS)


def _kinds(definition: Definition) -> list[GroupVersionKind]:
    spec = definition["spec"]
    versions = [each["name"] for each in spec["versions"] if each.get("served", True)]
    return [GroupVersionKind(spec["group"], version, spec["names"]["kind"]) for version in versions]


def _kept(wanted: Definition, live: Definition, why: str) -> Installed:
    """Return that the live definition stays, if the class can work with it.

    Raises:
        DefinitionRefused: it lacks what the class needs.
    """
    unmet = unmet_needs(wanted, live)
    if unmet:
        raise DefinitionRefused(f"{why}; the class cannot work with the live definition: {', '.join(unmet[:5])}")
    name = live["metadata"]["name"]
    return Installed("kept", f"the definition {name} in the cluster differs from the class, and stays as it is: {why}")


def _unserved(change: Change) -> str:
    """Return what clients must know of a change."""
    if not change.unserved:
        return ""
    return f"{', '.join(change.unserved)} is not served any more: clients that use it fail"


def _owners(error: ConflictError) -> Iterator[tuple[str, str]]:
    """Yield manager and field of each conflict of owners."""
    for cause in error.causes:
        found = _OWNER.search(cause.get("message", ""))
        if cause.get("reason") == "FieldManagerConflict" and found is not None:
            yield found["manager"], cause.get("field", "")


def _owned_by(owners: list[tuple[str, str]]) -> str:
    by = dict(reversed(owners))
    text = ", ".join(f"{manager} owns {field}" for manager, field in by.items())
    return f"{text}: change the definition there, or hand it over with kubectl apply --server-side --force-conflicts"


def _denied(error: ForbiddenError, definition: str) -> list[Call]:
    """Return the calls that a role must allow; none if admission denied the request.

    For server-side apply, the API server authorizes ``create`` with the name of the object too.
    """
    found = call_in(error.message)
    if found is None or found.resource != _PLURAL:
        return [found] if found is not None else []
    return [Call(verb, DEFINITIONS.group, _PLURAL, name=definition) for verb in _VERBS]
