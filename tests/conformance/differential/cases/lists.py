"""Lists: selectors, pages and versions; and deleting what a selector finds."""

from typing import Any

from tests.conformance.differential.language import (
    CONFIG_MAPS,
    TABLE,
    Call,
    Case,
    case,
    config_map,
    delete,
    get,
    patch,
    post,
)

_FIVE: tuple[Call, ...] = tuple(
    post(
        CONFIG_MAPS,
        config_map(
            name, labels={"app": "x" if number % 2 else "y", "n": str(number), **({"odd": ""} if number % 2 else {})}
        ),
        silent=True,
    )
    for number, name in enumerate(["e", "d", "c", "b", "a"])
)


def _options(**options: Any) -> dict[str, Any]:
    return {"kind": "DeleteOptions", "apiVersion": "v1", **options}


def _owned(name: str) -> dict[str, Any]:
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "$uid"}
    return config_map(name, ownerReferences=[owner])


def _selected(*selectors: str) -> tuple[Call, ...]:
    return tuple(get(f"{CONFIG_MAPS}?{selector}") for selector in selectors)


CASES: tuple[Case, ...] = (
    case(
        "a list is sorted by name and says what it is", *_FIVE, get(CONFIG_MAPS), get("/api/v1/namespaces/$ns/secrets")
    ),
    case(
        "label selectors choose",
        *_FIVE,
        *_selected(
            "labelSelector=app%3Dx",
            "labelSelector=app%3D%3Dx",
            "labelSelector=app!%3Dx",
            "labelSelector=app+in+(x,z)",
            "labelSelector=app+notin+(x)",
            "labelSelector=odd",
            "labelSelector=!odd",
            "labelSelector=app%3Dx,n%3D1",
            "labelSelector=n%3E2",
            "labelSelector=n%3C2",
            "labelSelector=none%3Dx",
        ),
    ),
    case(
        "label selectors that cannot be read are refused",
        *_selected(
            "labelSelector=a%3Db%3Dc",
            "labelSelector=app+in+x",
            "labelSelector=bad+key%3Dx",
            "labelSelector=app%3Dbad+value!",
            "labelSelector=,",
            "labelSelector=n%3Ex",
        ),
    ),
    case(
        "field selectors choose",
        *_FIVE,
        *_selected(
            "fieldSelector=metadata.name%3Da",
            "fieldSelector=metadata.name!%3Da",
            "fieldSelector=metadata.namespace%3D$ns",
            "fieldSelector=metadata.namespace%3Dother",
            "fieldSelector=metadata.name%3Da,metadata.namespace%3D$ns",
            "fieldSelector=metadata.uid%3Dx",
            "fieldSelector=data.k%3Dv",
            "fieldSelector=nonsense",
        ),
    ),
    case(
        "fields of a kind of its own",
        post(
            "/api/v1/namespaces/$ns/secrets",
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": "example.com/t"},
            silent=True,
        ),
        get("/api/v1/namespaces/$ns/secrets?fieldSelector=type%3Dexample.com/t"),
        get("/api/v1/namespaces/$ns/secrets?fieldSelector=type%3DOpaque"),
        get("/api/v1/namespaces/$ns/pods?fieldSelector=spec.nodeName%3Dn,status.phase%3DRunning"),
        get("/api/v1/namespaces/$ns/events?fieldSelector=involvedObject.name%3Dx,reason%3Dy,type%3DNormal"),
        get("/api/v1/namespaces?fieldSelector=metadata.name%3D$ns"),
        get("/api/v1/namespaces?fieldSelector=status.phase%3DTerminating,metadata.name%3D$ns"),
    ),
    case(
        "a list comes in pages",
        *_FIVE,
        get(f"{CONFIG_MAPS}?limit=2", keep={"token": "metadata.continue"}),
        get(f"{CONFIG_MAPS}?limit=2&continue=$token", keep={"token": "metadata.continue"}),
        get(f"{CONFIG_MAPS}?limit=2&continue=$token"),
        get(f"{CONFIG_MAPS}?limit=5"),
        get(f"{CONFIG_MAPS}?limit=2&labelSelector=app%3Dx"),
        get(f"{CONFIG_MAPS}?limit=0"),
    ),
    case(
        "a list of any version is whole where a watch cache has it",
        *_FIVE,
        *(
            post(
                "/api/v1/namespaces/$ns/events",
                {"metadata": {"name": name}, "involvedObject": {"namespace": "$ns"}},
                silent=True,
            )
            for name in ("a", "b")
        ),
        get(f"{CONFIG_MAPS}?limit=2&resourceVersion=0"),
        get(f"{CONFIG_MAPS}?limit=2&resourceVersion=0&resourceVersionMatch=NotOlderThan"),
        get(f"{CONFIG_MAPS}?limit=1&resourceVersion=0&labelSelector=app%3Dx"),
        get(f"{CONFIG_MAPS}?limit=2", keep={"token": "metadata.continue"}),
        get(f"{CONFIG_MAPS}?limit=1&resourceVersion=0&continue=$token"),
        get("/api/v1/namespaces/$ns/events?limit=1&resourceVersion=0", only="metadata remainingItemCount"),
        get(
            "/apis/events.k8s.io/v1/namespaces/$ns/events?limit=1&resourceVersion=0", only="metadata remainingItemCount"
        ),
    ),
    case(
        "pages show one moment",
        *_FIVE,
        get(f"{CONFIG_MAPS}?limit=2", keep={"token": "metadata.continue"}),
        delete(f"{CONFIG_MAPS}/e", silent=True),
        post(CONFIG_MAPS, config_map("bb"), silent=True),
        get(f"{CONFIG_MAPS}?continue=$token"),
    ),
    case(
        "pages that cannot be had are refused",
        get(f"{CONFIG_MAPS}?limit=x"),
        get(f"{CONFIG_MAPS}?limit=-1"),
        get(f"{CONFIG_MAPS}?limit=99999999999999999999"),
        get(f"{CONFIG_MAPS}?limit=1_0"),
        get(f"{CONFIG_MAPS}?resourceVersion=99999999999999999999"),
        get(f"{CONFIG_MAPS}?continue=nonsense"),
        *_FIVE,
        get(f"{CONFIG_MAPS}?limit=2", keep={"token": "metadata.continue"}),
        get(f"{CONFIG_MAPS}?continue=$token&resourceVersion=5"),
        get(f"{CONFIG_MAPS}?limit=2&resourceVersion=0&resourceVersionMatch=Exact"),
    ),
    case(
        "a list may ask for a version",
        post(CONFIG_MAPS, config_map("a"), keep={"one": "metadata.resourceVersion"}, silent=True),
        post(CONFIG_MAPS, config_map("b"), keep={"two": "metadata.resourceVersion"}, silent=True),
        get(f"{CONFIG_MAPS}?resourceVersion=$one&resourceVersionMatch=Exact"),
        get(f"{CONFIG_MAPS}?resourceVersion=$two&resourceVersionMatch=NotOlderThan"),
        get(f"{CONFIG_MAPS}?resourceVersion=$two"),
        get(f"{CONFIG_MAPS}?resourceVersionMatch=Exact"),
        get(f"{CONFIG_MAPS}?resourceVersion=$one&resourceVersionMatch=Nonsense"),
        get(f"{CONFIG_MAPS}?resourceVersion=nonsense"),
        get(f"{CONFIG_MAPS}?resourceVersion=99999999999"),
    ),
    case(
        "a collection is deleted by selector",
        *_FIVE,
        delete(f"{CONFIG_MAPS}?labelSelector=app%3Dx"),
        get(CONFIG_MAPS),
        delete(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3De&dryRun=All"),
        delete(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3De"),
        delete(CONFIG_MAPS),
        get(CONFIG_MAPS),
        delete(CONFIG_MAPS),
    ),
    case(
        "a list may have a time limit",
        *_FIVE,
        get(f"{CONFIG_MAPS}?timeoutSeconds=5&limit=1"),
        get(f"{CONFIG_MAPS}?timeoutSeconds=0&limit=1"),
        get(f"{CONFIG_MAPS}?timeoutSeconds=nonsense"),
        get(f"{CONFIG_MAPS}?timeoutSeconds=-1&limit=1"),
        get(f"{CONFIG_MAPS}?timeout=nonsense&limit=1"),
    ),
    case(
        "options of a collection's deletion",
        *_FIVE,
        post(CONFIG_MAPS, config_map("held", finalizers=["example.com/f"]), silent=True),
        delete(CONFIG_MAPS, _options(propagationPolicy="Nonsense")),
        delete(CONFIG_MAPS, _options(dryRun=["All"])),
        delete(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Dheld", _options(propagationPolicy="Background")),
        get(f"{CONFIG_MAPS}/held"),
        delete(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Da", _options(preconditions={"uid": "1-2"})),
        delete(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Da", _options(preconditions={"resourceVersion": "1"})),
        delete(f"{CONFIG_MAPS}?limit=2", keep={"token": "metadata.continue"}),
        delete(f"{CONFIG_MAPS}?limit=1&continue=$token"),
        delete(f"{CONFIG_MAPS}?continue=nonsense"),
        delete(f"{CONFIG_MAPS}?labelSelector=a%3Db%3Dc,", silent=True),
        delete(f"{CONFIG_MAPS}?resourceVersion=1&resourceVersionMatch=Nonsense"),
        delete(f"{CONFIG_MAPS}?watch=true&fieldSelector=metadata.name%3Db"),
        delete(CONFIG_MAPS, "{"),
        delete(CONFIG_MAPS, _options(gracePeriodSeconds=0), accept=TABLE),
        get(CONFIG_MAPS),
        patch(f"{CONFIG_MAPS}/held", {"metadata": {"finalizers": None}}, silent=True),
    ),
    case(
        "a collection is deleted with its dependents, or without them",
        post(CONFIG_MAPS, config_map("a", labels={"own": "er"}), keep={"uid": "metadata.uid"}, silent=True),
        post(CONFIG_MAPS, _owned("b"), silent=True),
        delete(f"{CONFIG_MAPS}?labelSelector=own&propagationPolicy=Orphan"),
        get(f"{CONFIG_MAPS}/a", until=404),
        get(f"{CONFIG_MAPS}/b"),
        post(CONFIG_MAPS, config_map("a", labels={"own": "er"}), keep={"uid": "metadata.uid"}, silent=True),
        post(CONFIG_MAPS, _owned("c"), silent=True),
        delete(f"{CONFIG_MAPS}?labelSelector=own", _options(propagationPolicy="Foreground")),
        get(f"{CONFIG_MAPS}/c", until=404),
        get(f"{CONFIG_MAPS}/a", until=404),
    ),
)
