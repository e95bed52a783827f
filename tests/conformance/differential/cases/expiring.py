"""A past that is gone: what a list, a page, a read and a watch are told of it.

kube-apiserver answers from its memory for as long as that reaches back, whatever etcd has forgotten. A definition that
gets another version makes it start that memory anew, so that here both servers remember nothing from before.
"""

from tests.conformance.differential.language import (
    COMPACT,
    CONFIG_MAPS,
    Call,
    Events,
    OpenWatch,
    case,
    config_map,
    delete,
    get,
    patch,
    post,
)
from tests.conformance.differential.widgets import CLEANUP, CRDS, NAME, PATH, crd, ready, two_versions, widget

_SECOND = "/apis/$id.example.com/v2/namespaces/$ns/widgets"
_FORGET: tuple[Call, ...] = (
    patch(f"{CRDS}/{NAME}", {"spec": {"versions": two_versions()["spec"]["versions"]}}, silent=True),
    get(_SECOND, until=200, silent=True),
    COMPACT,
)
_OLD = {"old": "metadata.resourceVersion"}
_NEW = {"new": "metadata.resourceVersion"}

CASES = (
    case(
        "a watch from a version that is gone is told so",
        *ready(crd()),
        post(PATH, widget(size=1), keep=_OLD, silent=True),
        patch(f"{PATH}/w", {"spec": {"size": 2}}, silent=True),
        *_FORGET,
        OpenWatch(f"{PATH}?watch=true&resourceVersion=$old"),
        Events(None),
        OpenWatch(f"{PATH}?watch=true&resourceVersion=$old&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dw"),
        Events(None),
        OpenWatch(
            f"{PATH}?watch=true&resourceVersion=$old&sendInitialEvents=true&allowWatchBookmarks=true"
            "&resourceVersionMatch=NotOlderThan"
        ),
        Events(2),
        OpenWatch(f"{PATH}?watch=true&resourceVersion=0"),
        Events(1),
        get(PATH, keep=_NEW, silent=True),
        OpenWatch(f"{PATH}?watch=true&resourceVersion=$new"),
        patch(f"{PATH}/w", {"spec": {"size": 3}}, silent=True),
        Events(1),
        cleanup=CLEANUP,
    ),
    case(
        "a list at a version that is gone is refused",
        *ready(crd()),
        post(PATH, widget(size=1), keep=_OLD, silent=True),
        patch(f"{PATH}/w", {"spec": {"size": 2}}, silent=True),
        *_FORGET,
        get(f"{PATH}?resourceVersion=$old&resourceVersionMatch=Exact"),
        get(f"{PATH}?resourceVersion=$old&limit=1"),
        get(f"{PATH}?resourceVersion=$old&resourceVersionMatch=NotOlderThan"),
        get(f"{PATH}?resourceVersion=$old"),
        get(f"{PATH}/w?resourceVersion=$old"),
        get(f"{PATH}?resourceVersion=1&resourceVersionMatch=Exact"),
        cleanup=CLEANUP,
    ),
    case(
        "a page of a moment that is gone is refused, and the rest can be had as it is now",
        *ready(crd()),
        *(post(PATH, widget(name, size=1), silent=True) for name in ("a", "b", "c", "d")),
        get(f"{PATH}?limit=2", keep={"token": "metadata.continue"}),
        post(PATH, widget("bb", size=1), silent=True),
        delete(f"{PATH}/d", silent=True),
        *_FORGET,
        get(f"{PATH}?limit=2&continue=$token", keep={"rest": "metadata.continue"}, keep_from=410),
        get(f"{PATH}?limit=1&continue=$rest", keep={"last": "metadata.continue"}),
        get(f"{PATH}?limit=1&continue=$last"),
        get(f"{PATH}?limit=1&continue=$last"),
        delete(f"{PATH}?limit=1&continue=$token"),
        cleanup=CLEANUP,
    ),
    case(
        "what is there is untouched by the loss of what was",
        post(CONFIG_MAPS, config_map("a", {"k": "v"}), keep=_OLD),
        COMPACT,
        get(f"{CONFIG_MAPS}/a"),
        get(CONFIG_MAPS),
        get(f"{CONFIG_MAPS}?resourceVersion=$old&resourceVersionMatch=NotOlderThan"),
        patch(f"{CONFIG_MAPS}/a", {"data": {"k": "w"}, "metadata": {"resourceVersion": "$old"}}),
        delete(f"{CONFIG_MAPS}/a"),
    ),
)
