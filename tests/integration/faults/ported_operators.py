"""The operators of docs/examples that are ported: what users do with each, and the state in which that ends."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plugin_operator.client import Client

PLUGINS = Path(__file__).parents[3] / "docs" / "examples" / "plugins"
START = datetime(2026, 6, 15, 12, tzinfo=UTC)
JANUARY = "2026-01-01T00:00:00Z"
CRON_JOB, MEMCACHED, CLAIM = (f"example.com/v1/{each}" for each in ("CronJob", "Memcached", "EphemeralVolumeClaim"))
#: What differs between two runs, or counts requests.
_VOLATILE = frozenset({"uid", "resourceVersion", "creationTimestamp", "managedFields", "lastTransitionTime"})
_UID_LABELS = frozenset({"controller-uid", "batch.kubernetes.io/controller-uid", "plugin-operator/owner-uid"})

Object = dict[str, Any]
Act = Callable[[Client], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Story:
    """What users do with one operator.

    Attributes:
        plugin: name of the plugin.
        acts: what they do, one after the other; the operator settles after each.
        kinds: the kinds whose objects are compared.
        owner: kind, name and namespace of the object that is deleted on the way.
    """

    plugin: str
    acts: Sequence[Act]
    kinds: Sequence[str]
    owner: tuple[str, str, str]

    @property
    def path(self) -> Path:
        """The file of the plugin."""
        return PLUGINS / f"{self.plugin}.py"

    async def delete_owner(self, client: Client) -> None:
        """Delete the owner, which may be gone."""
        kind, name, namespace = self.owner
        await client.delete(kind, name, namespace or None, missing_ok=True)

    async def state(self, client: Client) -> list[Object]:
        """Return the objects of the kinds that are not being deleted, without what differs between two runs."""
        found = [each for kind in self.kinds for each in await client.list(kind)]
        return sorted((_plain(each) for each in found if not each["metadata"].get("deletionTimestamp")), key=_place)


def _place(obj: Object) -> tuple[str, str, str]:
    return obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if key not in _VOLATILE | _UID_LABELS}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def made(kind: str, name: str, namespace: str = "default", **fields: Any) -> Object:
    """Return an object."""
    version, _, kind = kind.rpartition("/")
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **fields.pop("metadata", {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def create(obj: Object) -> Act:
    return lambda client: client.create(obj)


def patch(kind: str, name: str, namespace: str | None = "default", **fields: Any) -> Act:
    return lambda client: client.patch(kind, name, fields, namespace)


def label(kind: str, name: str, namespace: str | None = "default", **labels: str | None) -> Act:
    return patch(kind, name, namespace, metadata={"labels": labels})


async def start_in_january(client: Client) -> None:
    """Let the CronJob have run on the first of January last."""
    await client.patch_status(CRON_JOB, "report", {"lastScheduleTime": "2025-01-01T00:00:00Z"}, "default")


async def finish_jobs(client: Client) -> None:
    """Let every Job end with success."""
    for job in await client.list("batch/v1/Job", "default"):
        condition = {"status": "True", "lastTransitionTime": JANUARY}
        conditions = [{"type": each, **condition} for each in ("SuccessCriteriaMet", "Complete")]
        status = {"startTime": JANUARY, "completionTime": JANUARY, "succeeded": 1, "conditions": conditions}
        await client.patch_status("batch/v1/Job", job["metadata"]["name"], status, "default")


async def bind_claims(client: Client) -> None:
    """Bind every claim to a volume: only then may it grow."""
    for claim in await client.list("v1/PersistentVolumeClaim", "default"):
        await client.patch_status("v1/PersistentVolumeClaim", claim["metadata"]["name"], {"phase": "Bound"}, "default")


_POD = {"restartPolicy": "Never", "containers": [{"name": "a", "image": "busybox:1"}]}
_TEMPLATE = {"metadata": {"labels": {"app": "report"}}, "spec": {"template": {"spec": _POD}}}
_RUNS = {"schedule": "0 0 1 1 *", "suspend": True, "concurrencyPolicy": "Replace", "jobTemplate": _TEMPLATE}
_COPIED = {"labels": {"example.com/copy": "source"}, "annotations": {"example.com/copy-to": "copies=yes"}}

STORIES = (
    Story(
        "cron_job",
        (
            create(made(CRON_JOB, "report", spec={**_RUNS, "successfulJobsHistoryLimit": 1})),
            start_in_january,
            patch(CRON_JOB, "report", spec={"suspend": False}),
            patch(CRON_JOB, "report", spec={"schedule": "0 0 1 2 *"}),
            finish_jobs,
            patch(CRON_JOB, "report", spec={"schedule": "0 0 1 3 *", "concurrencyPolicy": "Forbid"}),
            finish_jobs,
        ),
        (CRON_JOB, "batch/v1/Job"),
        (CRON_JOB, "report", "default"),
    ),
    Story(
        "memcached",
        (
            create(made(MEMCACHED, "cache", spec={"size": 1})),
            patch(MEMCACHED, "cache", spec={"size": 3, "containerPort": 11311}),
        ),
        (MEMCACHED, "apps/v1/Deployment"),
        (MEMCACHED, "cache", "default"),
    ),
    Story(
        "ephemeral_volume_claim",
        (
            create(made(CLAIM, "scratch", spec={"size": "1Gi"}, metadata={"labels": {"app": "web"}})),
            label(CLAIM, "scratch", app=None, tier="db"),
            bind_claims,
            patch(CLAIM, "scratch", spec={"size": "2Gi"}),
        ),
        (CLAIM, "v1/PersistentVolumeClaim"),
        (CLAIM, "scratch", "default"),
    ),
    Story(
        "copy_secret",
        (
            create(made("v1/Namespace", "team", "", metadata={"labels": {"copies": "yes"}})),
            create(made("v1/Namespace", "other", "", metadata={"labels": {"copies": "yes"}})),
            create(made("v1/Secret", "registry", stringData={"token": "token-one-of-two"}, metadata=_COPIED)),
            patch("v1/Secret", "registry", stringData={"token": "token-two-of-two"}),
            label("v1/Namespace", "other", None, copies=None),
        ),
        ("v1/Secret",),
        ("v1/Secret", "registry", "default"),
    ),
    Story(
        "namespace_defaults",
        (
            create(made("v1/Namespace", "team", "", metadata={"labels": {"example.com/defaults": "true"}})),
            create(made("v1/Namespace", "other", "", metadata={"labels": {"example.com/defaults": "true"}})),
            patch("v1/ResourceQuota", "default-quota", "team", spec={"hard": {"limits.cpu": "64"}}),
            label("v1/Namespace", "other", None, **{"example.com/defaults": None}),
        ),
        ("v1/ResourceQuota", "networking.k8s.io/v1/NetworkPolicy"),
        ("v1/Namespace", "team", ""),
    ),
)
