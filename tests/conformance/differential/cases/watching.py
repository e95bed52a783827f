"""Watches: what they replay, in which order, how they end."""

from typing import Any

from tests.conformance.differential.language import (
    CONFIG_MAPS,
    METADATA,
    TABLE,
    Events,
    OpenWatch,
    Step,
    case,
    config_map,
    delete,
    get,
    patch,
    post,
    put,
)
from tests.conformance.differential.widgets import CLEANUP, PATH, crd, ready

_WATCH = f"{CONFIG_MAPS}?watch=true"
_MARK = get(f"{CONFIG_MAPS}?limit=1", keep={"rv": "metadata.resourceVersion"}, silent=True)
_SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"clusterIP": "None"}}
_LEASE = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}}


def _bookmarked(path: str, made: dict[str, Any]) -> tuple[Step, ...]:
    """Watch a kind past one creation and up to the bookmark before the end."""
    query = "watch=true&resourceVersion=$rv&allowWatchBookmarks=true&timeoutSeconds=4"
    return (
        get(f"{path}?limit=1", keep={"rv": "metadata.resourceVersion"}, silent=True),
        OpenWatch(f"{path}?{query}", path),
        OpenWatch(f"{path}?{query}", f"rows of {path}", accept=TABLE),
        post(path, made, silent=True),
        Events(None, path, bookmarks=True),
        Events(None, f"rows of {path}", bookmarks=True),
    )


CASES = (
    case(
        "a watch shows each change once and in order",
        _MARK,
        OpenWatch(f"{_WATCH}&resourceVersion=$rv"),
        post(CONFIG_MAPS, config_map("a", {"k": "1"}), silent=True),
        put(f"{CONFIG_MAPS}/a", config_map("a", {"k": "2"}), silent=True),
        post(CONFIG_MAPS, config_map("b"), silent=True),
        delete(f"{CONFIG_MAPS}/a", silent=True),
        Events(4),
    ),
    case(
        "a watch replays from a version",
        post(CONFIG_MAPS, config_map("a"), keep={"rv": "metadata.resourceVersion"}, silent=True),
        post(CONFIG_MAPS, config_map("b"), silent=True),
        delete(f"{CONFIG_MAPS}/b", silent=True),
        OpenWatch(f"{_WATCH}&resourceVersion=$rv"),
        Events(2),
    ),
    case(
        "a watch without a version begins with what is there",
        post(CONFIG_MAPS, config_map("b"), silent=True),
        post(CONFIG_MAPS, config_map("a"), silent=True),
        OpenWatch(_WATCH),
        OpenWatch(f"{_WATCH}&resourceVersion=0", "zero"),
        Events(2),
        Events(2, "zero"),
    ),
    case(
        "a selector turns changes into arrivals and departures",
        _MARK,
        OpenWatch(f"{_WATCH}&resourceVersion=$rv&labelSelector=in%3Dyes"),
        post(CONFIG_MAPS, config_map("a"), silent=True),
        patch(f"{CONFIG_MAPS}/a", {"metadata": {"labels": {"in": "yes"}}}, silent=True),
        patch(f"{CONFIG_MAPS}/a", {"data": {"k": "v"}}, silent=True),
        patch(f"{CONFIG_MAPS}/a", {"metadata": {"labels": {"in": "no"}}}, silent=True),
        delete(f"{CONFIG_MAPS}/a", silent=True),
        Events(3),
    ),
    case(
        "a watch of one name sees only it",
        _MARK,
        OpenWatch(f"{_WATCH}&resourceVersion=$rv&fieldSelector=metadata.name%3Db"),
        post(CONFIG_MAPS, config_map("a"), silent=True),
        post(CONFIG_MAPS, config_map("b"), silent=True),
        delete(f"{CONFIG_MAPS}/b", silent=True),
        Events(2),
    ),
    case(
        "the old form of a watch",
        _MARK,
        OpenWatch("/api/v1/watch/namespaces/$ns/configmaps?resourceVersion=$rv"),
        post(CONFIG_MAPS, config_map("a"), silent=True),
        Events(1),
    ),
    case(
        "a watch ends when its time is over",
        OpenWatch(f"{_WATCH}&timeoutSeconds=1"),
        Events(None),
    ),
    case(
        "a streaming list ends its beginning with a bookmark",
        post(CONFIG_MAPS, config_map("a"), silent=True),
        OpenWatch(f"{_WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"),
        Events(2),
    ),
    case(
        "streaming list options are checked",
        get(f"{_WATCH}&sendInitialEvents=true"),
        get(f"{_WATCH}&sendInitialEvents=true&resourceVersionMatch=Exact&allowWatchBookmarks=true"),
        get(f"{_WATCH}&resourceVersionMatch=NotOlderThan"),
        get(f"{CONFIG_MAPS}?sendInitialEvents=true&resourceVersionMatch=NotOlderThan"),
        get(f"{_WATCH}&resourceVersion=nonsense"),
        get(f"{_WATCH}&timeoutSeconds=nonsense"),
        get(f"{CONFIG_MAPS}?watch=nonsense&timeoutSeconds=1"),
    ),
    case(
        "a watch from a version long gone is told so",
        # Of a kind that is new: the history of another begins where the last start of the server read it.
        *ready(crd()),
        OpenWatch(f"{PATH}?watch=true&resourceVersion=1&timeoutSeconds=4"),
        Events(1),
        cleanup=CLEANUP,
    ),
    case(
        "a finalizer's deletion is a change, and its removal the deletion",
        _MARK,
        OpenWatch(f"{_WATCH}&resourceVersion=$rv"),
        post(CONFIG_MAPS, config_map("a", finalizers=["example.com/f"]), silent=True),
        delete(f"{CONFIG_MAPS}/a", silent=True),
        patch(f"{CONFIG_MAPS}/a", {"metadata": {"finalizers": None}}, silent=True),
        Events(3),
    ),
    case(
        "a watch may speak in tables",
        _MARK,
        OpenWatch(f"{_WATCH}&resourceVersion=$rv", accept=TABLE),
        post(CONFIG_MAPS, config_map("a", {"k": "v"}), silent=True),
        patch(f"{CONFIG_MAPS}/a", {"data": {"l": "w"}}, silent=True),
        Events(2),
    ),
    case(
        "a watch may carry metadata only",
        _MARK,
        OpenWatch(f"{_WATCH}&resourceVersion=$rv", accept=METADATA),
        post(CONFIG_MAPS, config_map("a", {"k": "v"}), silent=True),
        Events(1),
    ),
    case(
        "a watch of a missing resource is not found",
        get("/api/v1/namespaces/$ns/nonsense?watch=true"),
        get("/apis/none.example.com/v1/things?watch=true"),
    ),
    case(
        "a collection's deletion shows each object's own",
        post(CONFIG_MAPS, config_map("a"), silent=True),
        post(CONFIG_MAPS, config_map("b"), keep={"rv": "metadata.resourceVersion"}, silent=True),
        OpenWatch(f"{_WATCH}&resourceVersion=$rv"),
        delete(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Da", silent=True),
        delete(CONFIG_MAPS, silent=True),
        Events(2),
    ),
    case(
        "a dry run and a change of nothing are no events",
        post(CONFIG_MAPS, config_map("a"), keep={"rv": "metadata.resourceVersion"}, silent=True),
        OpenWatch(f"{_WATCH}&resourceVersion=$rv"),
        patch(f"{CONFIG_MAPS}/a?dryRun=All", {"data": {"k": "v"}}, silent=True),
        patch(f"{CONFIG_MAPS}/a", {}, silent=True),
        patch(f"{CONFIG_MAPS}/a", {"data": {"last": "one"}}, silent=True),
        Events(1),
    ),
    case(
        "a watch that wants no beginning begins now",
        post(CONFIG_MAPS, config_map("a"), keep={"rv": "metadata.resourceVersion"}, silent=True),
        OpenWatch(f"{_WATCH}&sendInitialEvents=false&resourceVersionMatch=NotOlderThan"),
        OpenWatch(f"{_WATCH}&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=$rv", "from"),
        OpenWatch(f"{_WATCH}&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=0", "zero"),
        get(f"{_WATCH}&sendInitialEvents=false"),
        get(f"{_WATCH}&sendInitialEvents=nonsense"),
        post(CONFIG_MAPS, config_map("b"), silent=True),
        Events(1),
        Events(1, "from"),
        Events(1, "zero"),
    ),
    case(
        "a streaming list from a version holds all that is newer and a bookmark",
        post(CONFIG_MAPS, config_map("a"), keep={"rv": "metadata.resourceVersion"}, silent=True),
        post(
            CONFIG_MAPS, config_map("b", labels={"in": "yes"}), keep={"newest": "metadata.resourceVersion"}, silent=True
        ),
        # From now on kube-apiserver's cache holds both; the list would else end at the first.
        get(f"{CONFIG_MAPS}?resourceVersion=$newest&resourceVersionMatch=NotOlderThan", silent=True),
        OpenWatch(
            f"{_WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
            "&resourceVersion=$rv&labelSelector=in%3Dyes"
        ),
        OpenWatch(
            f"{_WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
            "&resourceVersion=99999999999&timeoutSeconds=1",
            "future",
        ),
        Events(None, "future"),
        patch(f"{CONFIG_MAPS}/b", {"metadata": {"labels": None}}, silent=True),
        Events(3),
    ),
    case(
        "a watch from a version to come shows nothing before it",
        OpenWatch(f"{_WATCH}&resourceVersion=99999999999&timeoutSeconds=2"),
        post(CONFIG_MAPS, config_map("a"), silent=True),
        Events(None),
    ),
    case(
        "a bookmark is an empty object of its kind",
        *_bookmarked("/api/v1/namespaces/$ns/services", _SERVICE),
        *_bookmarked("/apis/coordination.k8s.io/v1/namespaces/$ns/leases", _LEASE),
    ),
    case(
        "a watch tells its place with a bookmark before its time is over",
        post(CONFIG_MAPS, config_map("a"), keep={"rv": "metadata.resourceVersion"}, silent=True),
        OpenWatch(f"{_WATCH}&resourceVersion=$rv&allowWatchBookmarks=true&timeoutSeconds=4"),
        OpenWatch(f"{_WATCH}&resourceVersion=$rv&allowWatchBookmarks=true&timeoutSeconds=4", "rows", accept=TABLE),
        OpenWatch(
            f"{_WATCH}&resourceVersion=$rv&allowWatchBookmarks=true&timeoutSeconds=4", "metadata", accept=METADATA
        ),
        OpenWatch(f"{_WATCH}&resourceVersion=$rv&timeoutSeconds=4", "plain"),
        patch(f"{CONFIG_MAPS}/a", {"data": {"k": "v"}}, silent=True),
        Events(None, bookmarks=True),
        Events(None, "rows", bookmarks=True),
        Events(None, "metadata", bookmarks=True),
        Events(None, "plain"),
    ),
    case(
        "the old form of a watch of one object",
        post(CONFIG_MAPS, config_map("a"), silent=True),
        post(CONFIG_MAPS, config_map("b"), keep={"rv": "metadata.resourceVersion"}, silent=True),
        OpenWatch("/api/v1/watch/namespaces/$ns/configmaps/a?resourceVersion=$rv"),
        patch(f"{CONFIG_MAPS}/b", {"data": {"k": "v"}}, silent=True),
        delete(f"{CONFIG_MAPS}/a", silent=True),
        Events(1),
        get(f"{CONFIG_MAPS}/b?watch=true&resourceVersion=$rv"),
    ),
    case(
        "a watch sees a selected object's departure as it was, and its deletion as it last was",
        post(CONFIG_MAPS, config_map("a", {"k": "1"}, labels={"in": "yes"}), keep={"rv": "metadata.resourceVersion"}),
        OpenWatch(f"{_WATCH}&resourceVersion=$rv&labelSelector=in%3Dyes", accept=METADATA),
        OpenWatch(f"{_WATCH}&resourceVersion=$rv&labelSelector=in%3Dyes", "rows", accept=TABLE),
        put(f"{CONFIG_MAPS}/a", config_map("a", {"k": "2"}), silent=True),
        put(f"{CONFIG_MAPS}/a", config_map("a", {"k": "3"}, labels={"in": "yes"}), silent=True),
        delete(f"{CONFIG_MAPS}/a", silent=True),
        Events(3),
        Events(3, "rows"),
    ),
)
