"""Makes the dashboards for Grafana in ``manifests/components/dashboards``: ``make dashboards``.

Owns their panels. Names and layout of the first two are those of kubebuilder's plugin for Grafana, whose users find
what they know: ``controller-runtime-metrics`` and ``controller-resources-metrics``.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "manifests" / "components" / "dashboards"
#: The variable that names the Prometheus; kubebuilder's name for it.
SOURCE = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}

_COLUMNS = 24
_HEIGHT = 8
#: Stands for the matchers of the variables, alone or before others.
_SCOPE = 'namespace="$namespace", job="$job", pod=~"$pod"'
_OPTIONS: dict[str, dict[str, Any]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {"reduceOptions": {"calcs": ["lastNotNull"]}, "textMode": "value_and_name"},
    "table": {"showHeader": True},
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: its queries by legend. ``{}`` in a query stands for the matchers of the variables.

    Attributes:
        title, text: heading and description.
        queries: PromQL by legend; ``{{label}}`` is the value of a label.
        unit: unit of Grafana, such as ``s`` or ``reqps``.
        width: columns of 24.
        kind: type of panel: timeseries, stat or table.
    """

    title: str
    text: str
    queries: dict[str, str]
    unit: str = "short"
    width: int = 12
    kind: str = "timeseries"


Rows = dict[str, tuple[Panel, ...]]


def quantiles(name: str, by: str) -> dict[str, str]:
    """Return the queries of three quantiles of a histogram."""
    rate = f"sum by ({by}, le) (rate({name}_bucket{{}}[$__rate_interval]))"
    return {f"{{{{{by}}}}} p{100 * q:.0f}": f"histogram_quantile({q}, {rate})" for q in (0.5, 0.9, 0.99)}


def rate(name: str, *by: str, matchers: str = "") -> dict[str, str]:
    """Return the query of a rate by labels."""
    return {_legend(by): f"sum by ({', '.join(by)}) (rate({name}{{{matchers}}}[$__rate_interval]))"}


def increase(name: str, *by: str) -> dict[str, str]:
    """Return the query of an increase by labels."""
    return {_legend(by): f"sum by ({', '.join(by)}) (increase({name}{{}}[$__rate_interval]))"}


def largest(name: str, *by: str, matchers: str = "") -> dict[str, str]:
    """Return the query of the largest value by labels."""
    return {_legend(by): f"max by ({', '.join(by)}) ({name}{{{matchers}}})"}


def _legend(by: tuple[str, ...]) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in by)


RUNTIME: Rows = {
    "Reconciliation Metrics": (
        Panel(
            "Total Reconciliation Count Per Controller", "Reconciles per second.",
            rate("controller_runtime_reconcile_total", "controller", "pod"), "cps",
        ),
        Panel(
            "Reconciliation Error Count Per Controller", "Failed reconciles per second.",
            rate("controller_runtime_reconcile_errors_total", "controller", "pod"), "cps",
        ),
        Panel(
            "Results", "Reconciles per second by result.",
            rate("controller_runtime_reconcile_total", "result"), "cps",
        ),
        Panel(
            "Terminal errors, panics and timeouts", "Reconciles per second that ended in these ways.",
            {
                f"{way} {{{{controller}}}}": "sum by (controller) "
                f"(rate(controller_runtime_{name}_total{{}}[$__rate_interval]))"
                for way, name in (
                    ("terminal", "terminal_reconcile_errors"),
                    ("panic", "reconcile_panics"),
                    ("timeout", "reconcile_timeouts"),
                )
            },
            "cps",
        ),
        Panel(
            "Reconcile time", "How long reconciles take, by quantile.",
            quantiles("controller_runtime_reconcile_time_seconds", "controller"), "s",
        ),
        Panel(
            "Workers", "Reconciles that run, and how many may run at once.",
            {
                "{{controller}} active": "sum by (controller) (controller_runtime_active_workers{})",
                "{{controller}} max": "max by (controller) (controller_runtime_max_concurrent_reconciles{})",
            },
        ),
    ),
    "Work Queue Metrics": (
        Panel(
            "WorkQueue Depth", "Objects that wait. A standby keeps its queues filled on purpose.",
            {"{{controller}} {{pod}}": "sum by (controller, pod) (workqueue_depth{})"},
        ),
        Panel(
            "Work Queue Add Rate", "Objects that become ready, per second.",
            rate("workqueue_adds_total", "controller", "pod"), "cps",
        ),
        Panel(
            "Seconds For Items Stay In Queue (before being requested)", "How long objects wait, by quantile.",
            quantiles("workqueue_queue_duration_seconds", "controller"), "s",
        ),
        Panel(
            "Seconds Processing Items From WorkQueue", "How long objects are in progress, by quantile.",
            quantiles("workqueue_work_duration_seconds", "controller"), "s",
        ),
        Panel(
            "Work Queue Retries Rate", "Objects that are added with a delay, per second.",
            rate("workqueue_retries_total", "controller", "pod"), "cps",
        ),
        Panel(
            "Number of workers in use", "Share of the workers of each controller that are busy.",
            {
                "{{controller}}": "sum by (controller) (controller_runtime_active_workers{})"
                " / sum by (controller) (controller_runtime_max_concurrent_reconciles{})"
            },
            "percentunit",
        ),
        Panel(
            "Unfinished Seconds", "Sum of the seconds of all objects in progress; it grows while workers are stuck.",
            largest("workqueue_unfinished_work_seconds", "controller", "pod"), "s",
        ),
        Panel(
            "Longest running processor", "Seconds of the oldest object in progress.",
            largest("workqueue_longest_running_processor_seconds", "controller", "pod"), "s",
        ),
    ),
    "Requests to the API server": (
        Panel(
            "Requests", "Requests per second by method and status.",
            rate("rest_client_requests_total", "method", "code"), "reqps",
        ),
        Panel(
            "Failed requests", "Requests per second with a status of 4xx or 5xx, or without an answer.",
            rate("rest_client_requests_total", "method", "code", matchers='code=~"4..|5..|<error>"'), "reqps",
        ),
    ),
}  # fmt: skip

RESOURCES: Rows = {
    "Resources": (
        Panel(
            "Controller CPU Usage", "Share of one core.",
            {"{{pod}}": "rate(process_cpu_seconds_total{}[$__rate_interval])"}, "percentunit",
        ),
        Panel("Controller Memory Usage", "Resident memory.", {"{{pod}}": "process_resident_memory_bytes{}"}, "bytes"),
        Panel(
            "Open files", "File descriptors in use, and the most that the process may have.",
            {"{{pod}}": "process_open_fds{}", "{{pod}} max": "process_max_fds{}"},
        ),
        Panel(
            "Garbage collections", "Collections per second by generation.",
            {"{{pod}} {{generation}}": "rate(python_gc_collections_total{}[$__rate_interval])"}, "cps",
        ),
        Panel("Uptime", "Age of the process.", {"{{pod}}": "time() - process_start_time_seconds{}"}, "s"),
        Panel("Virtual memory", "Address space.", {"{{pod}}": "process_virtual_memory_bytes{}"}, "bytes"),
    ),
}  # fmt: skip

PLUGINS: Rows = {
    "Overview": (
        Panel(
            "Leader", "The pod that holds the Lease; none without leader election.",
            {"{{pod}}": "leader_election_master_status{} == 1"}, width=8, kind="stat",
        ),
        Panel(
            "Plugins", "How many plugins there are.",
            {"plugins": "count(group by (plugin) (plugin_operator_plugin_state{}))"}, width=4, kind="stat",
        ),
        Panel(
            "Not active", "Plugins that are not active on some pod.",
            {"not active": 'count(group by (plugin) (plugin_operator_plugin_state{state!="Active"})) or vector(0)'},
            width=4, kind="stat",
        ),
        Panel(
            "Version", "Version of the operator on each pod.",
            {"{{pod}} {{version}}": "plugin_operator_build_info{}"}, width=8, kind="stat",
        ),
    ),
    "Plugins": (
        Panel(
            "Plugins that are not active", "State by plugin and pod; see the alerts with the names of the states.",
            {"": 'max by (plugin, state, pod) (plugin_operator_plugin_state{state!="Active"})'}, kind="table",
        ),
        Panel(
            "States", "Plugins by state, over all pods.",
            {"{{state}}": "count by (state) (plugin_operator_plugin_state{})"},
        ),
        Panel(
            "Reloads", "Loads of a revision by result.",
            increase("plugin_operator_plugin_reloads_total", "plugin", "result"),
        ),
        Panel(
            "Rejections", "Rejected revisions.",
            increase("plugin_operator_plugin_load_errors_total", "plugin", "reason"),
        ),
        Panel(
            "Misbehavior", "1 for each kind of misbehavior: blocks, tasks, hangs, fails, loops, fights.",
            largest("plugin_operator_plugin_misbehaving", "plugin", "how"),
        ),
        Panel(
            "Failing objects", "Objects whose last reconcile failed; 200 stands for 200 or more.",
            largest("plugin_operator_failing_objects", "plugin", "controller"),
        ),
        Panel(
            "Revisions of a plugin", "Contents of a plugin over all pods: more than 1 while replicas differ.",
            {"{{plugin}}": "count by (plugin) (group by (plugin, digest) (plugin_operator_plugin_info{}))"},
        ),
        Panel(
            "Errors in predicates, maps and handlers", "Exceptions per second.",
            rate("plugin_operator_handler_errors_total", "controller", "where"), "cps",
        ),
    ),
    "Queues and triggers": (
        Panel(
            "Queues of the leader", "Objects that wait. Queues of standbys are left out.",
            {
                "{{controller}}": "sum by (controller) (workqueue_depth{}"
                " unless on (namespace, job, pod) leader_election_master_status{} == 0)"
            },
        ),
        Panel(
            "Stuck", "Cancelled reconciles and map functions that still run.",
            {
                "reconciles of {{controller}}": "max by (controller) (plugin_operator_stuck_reconciles{})",
                "maps of {{controller}}": "max by (controller) (plugin_operator_stuck_maps{})",
            },
        ),
        Panel(
            "Schedules", "Moments of schedules by result.",
            increase("plugin_operator_schedule_runs_total", "controller", "result"),
        ),
        Panel(
            "Sources", "Requests that sources sent, per second and by result.",
            rate("plugin_operator_source_requests_total", "plugin", "source", "result"), "cps",
        ),
    ),
    "Caches": (
        Panel(
            "Silence", "Seconds since the API server sent something about a kind.",
            largest("plugin_operator_informer_silent_seconds", "kind", "pod"), "s",
        ),
        Panel(
            "Watch restarts", "Streams that were opened again.",
            increase("plugin_operator_watch_restarts_total", "kind", "reason"),
        ),
        Panel(
            "Objects", "Objects in the caches of one pod.",
            {"{{kind}}": "max by (kind) (sum by (kind, pod) (plugin_operator_informer_objects{}))"},
        ),
        Panel(
            "Not synced or waiting", "1 while a cache is not complete, or waits for its kind or for a permission.",
            {
                "{{kind}} not synced": "max by (kind) (plugin_operator_informer_synced{} == bool 0)",
                "{{kind}} waiting": "max by (kind) (plugin_operator_informer_waiting{})",
            },
        ),
        Panel(
            "Skipped objects", "Unreadable objects that are in no cache.",
            increase("plugin_operator_objects_skipped_total", "kind"),
        ),
        Panel(
            "Late caches", "Reconciles per second that started before their cache showed the controller's own write.",
            rate("plugin_operator_late_caches_total", "controller"), "cps",
        ),
    ),
    "Shards": (
        Panel(
            "Slices by member", "Slices that each replica owns, or each worker process of a pod.",
            {"{{pod}} {{worker}}": "max by (pod, worker) (plugin_operator_shards_owned{})"},
        ),
        Panel(
            "Without an owner", "Shards without an owner, or whose owner has ended.",
            largest("plugin_operator_shards_unowned", "pod"),
        ),
        Panel(
            "Moves and members", "Shards that got another owner, and members that joined or left.",
            {
                "moves": "max(increase(plugin_operator_shard_moves_total{}[$__rate_interval]))",
                "members {{change}}": "max by (change) ("
                "increase(plugin_operator_shard_membership_changes_total{}[$__rate_interval]))",
            },
        ),
        Panel(
            "Imbalance", "Most slices of a member over the mean; 1 is even.",
            largest("plugin_operator_shard_imbalance", "pod"),
        ),
    ),
    "Process": (
        Panel(
            "Event loop lag", "How late the event loop is, by quantile.",
            quantiles("plugin_operator_loop_stall_seconds", "pod"), "s",
        ),
        Panel(
            "Time that the event loop stood still", "Share of the time.",
            {"{{pod}}": "rate(plugin_operator_loop_stall_seconds_sum{}[$__rate_interval])"}, "percentunit",
        ),
        Panel(
            "Restarts of background tasks", "Tasks of the operator that ended unexpectedly, by kind.",
            increase("plugin_operator_background_task_restarts_total", "task", "pod"),
        ),
        Panel(
            "Replicas and directory", "Replicas with other plugins than the leader, and problems of the directory.",
            {
                "differing": "max(plugin_operator_replicas_differing{})",
                "{{problem}}": "max by (problem) (plugin_operator_plugins_directory_problem{})",
            },
        ),
    ),
}  # fmt: skip

#: Title and rows by file and uid.
DASHBOARDS: dict[str, tuple[str, Rows]] = {
    "controller-runtime-metrics": ("Controller-Runtime-Metrics", RUNTIME),
    "controller-resources-metrics": ("Controller-Resources-Metrics", RESOURCES),
    "plugin-operator-plugins": ("Plugin-Operator-Plugins", PLUGINS),
}


def scoped(expr: str) -> str:
    """Write the matchers of the variables into each pair of braces of a query."""
    return re.sub(r"\{(?=\w)", f"{{{_SCOPE}, ", expr).replace("{}", f"{{{_SCOPE}}}")


def panel_of(panel: Panel, number: int, x: int, y: int) -> dict[str, Any]:
    """Return a panel as Grafana imports it."""
    is_table = panel.kind == "table"
    targets = [
        {
            "datasource": SOURCE,
            "editorMode": "code",
            "expr": scoped(expr),
            "legendFormat": legend,
            "refId": "ABCDEFGH"[at],
            **({"format": "table", "instant": True} if is_table else {"range": True}),
        }
        for at, (legend, expr) in enumerate(panel.queries.items())
    ]
    return {
        "id": number,
        "title": panel.title,
        "description": panel.text,
        "type": panel.kind,
        "datasource": SOURCE,
        "gridPos": {"h": 4 if panel.kind == "stat" else _HEIGHT, "w": panel.width, "x": x, "y": y},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": targets,
    }  # fmt: skip


def panels_of(rows: Rows) -> list[dict[str, Any]]:
    """Return all panels, row by row from the left."""
    found: list[dict[str, Any]] = []
    y = 0
    for title, panels in rows.items():
        place = {"h": 1, "w": _COLUMNS, "x": 0, "y": y}
        found.append(
            {"id": len(found) + 1, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}
        )
        x, y, tallest = 0, y + 1, 0
        for panel in panels:
            if x + panel.width > _COLUMNS:
                x, y = 0, y + tallest
            found.append(panel_of(panel, len(found) + 1, x, y))
            x, tallest = x + panel.width, found[-1]["gridPos"]["h"]
        y += tallest
    return found


def _variable(name: str, matchers: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": f"label_values(plugin_operator_build_info{{{matchers}}}, {name})", "refId": name},
        "refresh": 2,
        "sort": 1,
        **more,
    }


def dashboard(name: str) -> str:
    """Return a dashboard as JSON."""
    title, rows = DASHBOARDS[name]
    variables = [
        {"name": "DS_PROMETHEUS", "type": "datasource", "label": "Prometheus", "query": "prometheus"},
        _variable("namespace", ""),
        _variable("job", 'namespace="$namespace"'),
        _variable("pod", 'namespace="$namespace", job="$job"', multi=True, includeAll=True, allValue=".*"),
    ]
    document = {
        "uid": name,
        "title": title,
        "tags": ["plugin-operator"],
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "schemaVersion": 39,
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "templating": {"list": variables},
        "panels": panels_of(rows),
    }
    return json.dumps(document, indent=1) + "\n"


def main() -> None:
    """Write every dashboard."""
    for name in DASHBOARDS:
        (FOLDER / f"{name}.json").write_text(dashboard(name))


if __name__ == "__main__":
    main()
