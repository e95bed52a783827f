"""CustomResourceDefinitions themselves, and what a change of one does to its objects."""

from differential.language import JSON_PATCH, TABLE, case, delete, get, patch, post
from differential.widgets import CLEANUP, CRDS, NAME, PATH, crd, ready, two_versions, widget

CASES = (
    case(
        "a definition is stored, established and removed",
        post(CRDS, crd()),
        get(PATH, until=200),
        get(f"{CRDS}/{NAME}"),
        get("/apis/$id.example.com/v1", until=200),
        get("/apis/$id.example.com", until=200),
        get(f"{CRDS}/{NAME}", accept=TABLE),
        delete(f"{CRDS}/{NAME}"),
        get(f"{CRDS}/{NAME}", until=404),
        get(PATH, until=404),
        cleanup=CLEANUP,
    ),
    case(
        "a definition must be whole",
        post(CRDS, {**crd(), "metadata": {"name": "other.example.com"}}),
        post(CRDS, crd(schema={})),
        post(CRDS, crd(schema={"openAPIV3Schema": {"type": "object", "properties": {"spec": {"properties": {}}}}})),
        post(CRDS, crd(storage=False)),
        post(CRDS, crd(schema={"openAPIV3Schema": {"type": "nonsense"}})),
        cleanup=CLEANUP,
    ),
    case(
        "a cluster-scoped kind has no namespace",
        post(CRDS, {**crd(), "spec": {**crd()["spec"], "scope": "Cluster"}}, silent=True),
        get("/apis/$id.example.com/v1/widgets", until=200),
        post("/apis/$id.example.com/v1/widgets", widget(size=1)),
        get(PATH),
        get("/apis/$id.example.com/v1/widgets/w"),
        cleanup=CLEANUP,
    ),
    case(
        "several versions are one object",
        *ready(two_versions()),
        post(PATH, widget(size=1, colour="blue")),
        get("/apis/$id.example.com/v2/namespaces/$ns/widgets/w", until=200),
        patch("/apis/$id.example.com/v2/namespaces/$ns/widgets/w", {"spec": {"size": 2}}),
        get(f"{PATH}/w"),
        get("/apis/$id.example.com/v1/widgets"),
        get("/apis/$id.example.com/v2/widgets"),
        get("/apis/$id.example.com/v3/widgets"),
        get("/apis/$id.example.com", until=200),
        cleanup=CLEANUP,
    ),
    case(
        "a definition may change under its objects",
        *ready(crd()),
        post(PATH, widget(size=5), silent=True),
        patch(
            f"{CRDS}/{NAME}",
            [
                {
                    "op": "replace",
                    "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size/maximum",
                    "value": 3,
                }
            ],
            JSON_PATCH,
        ),
        # Waits for the change with a new object: an old one that got through would be let through from then on.
        post(f"{PATH}?dryRun=All", widget("probe", size=4), until=422),
        patch(f"{PATH}/w", {"spec": {"size": 4}}),
        patch(f"{PATH}/w", {"metadata": {"labels": {"a": "b"}}}),
        patch(f"{CRDS}/{NAME}", {"spec": {"scope": "Cluster"}}),
        patch(f"{CRDS}/{NAME}", {"spec": {"names": {"plural": "others"}}}),
        cleanup=CLEANUP,
    ),
    case(
        "a definition's objects go with it",
        *ready(crd()),
        post(PATH, {**widget(size=1), "metadata": {"name": "w", "finalizers": ["example.com/f"]}}, silent=True),
        delete(f"{CRDS}/{NAME}", silent=True),
        get(f"{PATH}/w", silent=True),
        patch(f"{PATH}/w", {"metadata": {"finalizers": None}}, silent=True),
        get(f"{CRDS}/{NAME}", until=404),
        cleanup=CLEANUP,
    ),
    case(
        "fields that a definition makes selectable",
        *ready(crd(selectableFields=[{"jsonPath": ".spec.colour"}])),
        post(PATH, widget("one", size=1), silent=True),
        post(PATH, widget("two", size=1, colour="blue"), silent=True),
        get(f"{PATH}?fieldSelector=spec.colour%3Dblue"),
        get(f"{PATH}?fieldSelector=spec.colour!%3Dblue"),
        get(f"{PATH}?fieldSelector=spec.size%3D1"),
        cleanup=CLEANUP,
    ),
)
