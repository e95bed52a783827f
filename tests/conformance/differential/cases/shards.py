"""Shards: the objects whose uid or namespace has its hash in given ranges; both servers have the feature on."""

from urllib.parse import quote

from tests.conformance.differential.language import (
    METADATA,
    TABLE,
    Call,
    Case,
    Events,
    OpenWatch,
    case,
    config_map,
    delete,
    get,
    post,
)

_UID, _NAMESPACE = "object.metadata.uid", "object.metadata.namespace"
_LEAST, _MIDDLE, _MOST = "0x" + "0" * 16, "0x8" + "0" * 15, "0x1" + "0" * 16
# The hash of a name that ends with -c is in the range, those of the names beside it are not.
_LISTED = ("0x16c6b60000000000", "0x16c6b70000000000")
_DELETED = ("0x29bc1c0000000000", "0x29bc1d0000000000")
_WATCHED = ("0x8693b10000000000", "0x8693b20000000000")


def _shards(field: str, *ranges: tuple[str, str]) -> str:
    return " || ".join(f"shardRange({field}, '{start}', '{end}')" for start, end in ranges)


def _of(selector: str, path: str = "/api/v1/configmaps", more: str = "") -> str:
    return f"{path}?fieldSelector=metadata.name%3Dof-a-shard{more}&shardSelector={quote(selector)}"


def _objects(*namespaces: str) -> tuple[Call, ...]:
    return tuple(
        step
        for name in namespaces
        for step in (
            post("/api/v1/namespaces", {"metadata": {"name": name}}, silent=True),
            post(f"/api/v1/namespaces/{name}/configmaps", config_map("of-a-shard"), silent=True),
        )
    )


def _names(purpose: str) -> list[str]:
    return [f"{purpose}-shard-{letter}" for letter in "abcde"]


def _cleanup(purpose: str) -> tuple[str, ...]:
    return tuple(f"/api/v1/namespaces/{name}" for name in _names(purpose))


_ONE = _shards(_NAMESPACE, _LISTED)
_OF_DELETED, _OF_WATCHED = _shards(_NAMESPACE, _DELETED), _shards(_NAMESPACE, _WATCHED)
_ALL = _shards(_UID, (_LEAST, _MOST))
_WRONG = (
    *(" ", "x", "1", "-1", "'a'", "a.b", "!a", "[1]", "{}", "T{}", "a ? b : c", "a && b", "has(a.b)", "a.map(x, x)"),
    *("a +", "(", "shardRange", "shardRange()", "other()", f"{_ALL} || x", f"{_ALL} && {_ALL}"),
    f"{_ALL} || {_ONE}",
    *(
        f"shardRange({words})"
        for words in (
            "object.metadata.name, '0x0', '0x1'",
            "object['metadata'].uid, '0x0', '0x1'",
            ".object.metadata.uid, '0x0', '0x1'",
            "has(object.metadata), '0x0', '0x1'",
            "1, '0x0', '0x1'",
            *(f"{_UID}, {value}, ''" for value in ("x", "x.y", "[1]", "{}", "f()", "1", "1u", "1.5", "true", "null")),
            *(f"{_UID}, {value}, ''" for value in ("b'1'", "''", "'0x'", "'0xG'", "'0x1'", "'0xé'", "'0x\\\"'")),
            f"{_UID}, '0x{'0' * 18}', ''",
            f"{_UID}, '0x{'0' * 17}', ''",
            f"{_UID}, '0x000000000000000F', ''",
            f"{_UID}, '{_MIDDLE}', '{_MIDDLE}'",
            f"{_UID}, '{_MOST}', '{_MIDDLE}'",
        )
    ),
)

CASES: tuple[Case, ...] = (
    case(
        "a list of shards has what their ranges hold",
        *_objects(*_names("listed")),
        get(_of(_ONE)),
        get(_of(_shards(_NAMESPACE, (_LEAST, _LISTED[0]), (_LISTED[1], _MOST)))),
        get(_of(_shards(_NAMESPACE, _LISTED, _LISTED))),
        get(_of(_shards(_NAMESPACE, (_MIDDLE, _MOST)))),
        get(_of(_ALL)),
        get(_of(f" ({_ONE})\n")),
        get(_of(f"a.b.{_ONE}".replace("'", '"'))),
        get(_of(_ONE), accept=TABLE),
        get(_of(_ONE), accept=METADATA.replace("Metadata;", "MetadataList;")),
        get(_of(_ONE, more="&limit=1"), keep={"token": "metadata.continue"}),
        get(_of(_ONE, more="&limit=1&continue=$token")),
        get(_of(_ONE, more="&limit=1&resourceVersion=0")),
        get(_of(_ONE, "/api/v1/namespaces/listed-shard-a/configmaps")),
        get(_of(_ONE, "/api/v1/namespaces/listed-shard-c/configmaps/of-a-shard")),
        get(f"/api/v1/namespaces/listed-shard-c/configmaps?limit=1&shardSelector={quote(_ALL)}"),
        get(f"/api/v1/nodes?shardSelector={quote(_ONE)}"),
        cleanup=_cleanup("listed"),
    ),
    case(
        "a deletion of a shard leaves the others",
        *_objects(*_names("deleted")),
        *(
            delete(_of(_OF_DELETED, f"/api/v1/namespaces/{name}/configmaps"), only="metadata shardInfo")
            for name in _names("deleted")
        ),
        *(get(f"/api/v1/namespaces/{name}/configmaps/of-a-shard", only="kind") for name in _names("deleted")),
        cleanup=_cleanup("deleted"),
    ),
    case(
        "a watch of a shard sees its objects only",
        get("/api/v1/nodes", keep={"rv": "metadata.resourceVersion"}, silent=True),
        *_objects(*_names("watched")),
        OpenWatch(_of(_OF_WATCHED, more="&watch=true&resourceVersion=$rv"), "one"),
        OpenWatch(_of(_OF_WATCHED, more="&watch=true&resourceVersion=0"), "present"),
        *(delete(f"/api/v1/namespaces/{name}/configmaps/of-a-shard", silent=True) for name in _names("watched")),
        Events(2, "one"),
        Events(2, "present"),
        cleanup=_cleanup("watched"),
    ),
    case(
        "shard selectors that cannot be read are refused",
        *(get(f"/api/v1/configmaps?shardSelector={quote(each)}") for each in _WRONG),
        get("/api/v1/configmaps?watch=true&shardSelector=x"),
        delete("/api/v1/namespaces/default/configmaps?shardSelector=x"),
        get("/api/v1/configmaps?limit=x&shardSelector=x"),
        get("/api/v1/configmaps?fieldSelector=a%3Db&shardSelector=x"),
        get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions?shardSelector=x"),
    ),
)
