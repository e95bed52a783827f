"""Watches: what they replay, in which order, how they end."""

from differential.language import (
    CONFIG_MAPS,
    TABLE,
    Events,
    OpenWatch,
    case,
    config_map,
    delete,
    get,
    patch,
    post,
    put,
)

_WATCH = f"{CONFIG_MAPS}?watch=true"
_MARK = get(f"{CONFIG_MAPS}?limit=1", keep={"rv": "metadata.resourceVersion"}, silent=True)

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
        OpenWatch(f"{_WATCH}&resourceVersion=1&timeoutSeconds=2"),
        Events(1),
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
        OpenWatch(
            f"{_WATCH}&resourceVersion=$rv", accept="application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
        ),
        post(CONFIG_MAPS, config_map("a", {"k": "v"}), silent=True),
        Events(1),
    ),
    case(
        "a watch of a missing resource is not found",
        get("/api/v1/namespaces/$ns/nonsense?watch=true"),
        get("/apis/none.example.com/v1/things?watch=true"),
    ),
)
