"""Making a scenario: plugins, CRDs and objects by their paths."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from plugin_operator.testing.checks.plugin_checks import PluginChecks
from plugin_operator.testing.recording.writes import Failure
from plugin_operator.testing.scenarios import seeds
from plugin_operator.testing.scenarios.scenario_run import Scenario
from plugin_operator.testing.scenarios.seeds import Seed


def scenario(
    *plugins: str | Path,
    objects: Iterable[Seed] = (),
    crds: Iterable[Seed] = (),
    fail: Mapping[str, Failure | Sequence[Failure]] | None = None,
    start: datetime | None = None,
    timeout_seconds: float = 30.0,
    check_permissions: bool = True,
    check_fields: bool = True,
) -> Scenario:
    """Return a scenario, to use in ``async with``: plugins on an embedded API server, in virtual time.

    The test's own process imports the plugins, once. The trial import in a child process, and reloads, are for
    ``PluginHarness``.

    A relative path starts at the folder of the calling file, or at the working directory if it leads nowhere there.

    Args:
        plugins: plugin files and folders.
        objects: what is on the server at the start, by dicts, or by YAML and JSON files with one or several documents.
            Missing namespaces are created.
        crds: the CRDs, in the same forms.
        fail: planned failures by verb, as for ``Scenario.fail``. A list fails that many requests, in order.
        start: the virtual time at the start, aware; None for the present second.
        timeout_seconds: deadline of entering and of each ``settle``, in real time.
        check_permissions: whether a call that no rule of the plugin allows meets a ForbiddenError, and fails the test
            at its end. The rules come from its declarations and from the calls that its source shows.
        check_fields: whether a field that a plugin writes, and that the API server does not store, fails the test at
            its end. It does not store an unknown field, nor a status in a call that does not write it.

    Raises:
        FileNotFoundError: a path leads nowhere.
        ValueError: a document is no Kubernetes object, ``fail`` is wrong, or ``start`` has no time zone.
        TypeError: ``objects`` or ``crds`` is a single object or path.

    Example:
        hello = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hello", "namespace": "default"}}
        async with scenario("plugins/configmap.py", objects=[hello], fail={"patch": [409, 500]}) as s:
            await s.advance(3600)
            assert [str(request) for request in s.requests] == ["configmap default/hello: success"]
            assert s.writes == []
    """
    base = Path(sys._getframe(1).f_code.co_filename).parent  # noqa: SLF001 - the documented way to find the caller
    return scenario_in(
        base, *plugins, objects=objects, crds=crds, fail=fail, start=start, timeout_seconds=timeout_seconds,
        check_permissions=check_permissions, check_fields=check_fields,
    )  # fmt: skip


def scenario_in(  # noqa: PLR0913 - the options of ``scenario``
    base: Path,
    *plugins: str | Path,
    objects: Iterable[Seed] = (),
    crds: Iterable[Seed] = (),
    fail: Mapping[str, Failure | Sequence[Failure]] | None = None,
    start: datetime | None = None,
    timeout_seconds: float = 30.0,
    check_permissions: bool = True,
    check_fields: bool = True,
) -> Scenario:
    """Return a scenario whose relative paths start at ``base``; see ``scenario``."""
    return Scenario(
        [seeds.place(each, base) for each in plugins],
        objects=[*seeds.load(crds, base), *seeds.load(objects, base)],
        fail=fail or {},
        start=seeds.aware("start", start),
        timeout_seconds=timeout_seconds,
        checks=PluginChecks(check_permissions, check_fields),
    )
