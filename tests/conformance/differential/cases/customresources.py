"""Objects of a custom kind."""

from differential.language import (
    JSON_PATCH,
    STRATEGIC,
    TABLE,
    Events,
    OpenWatch,
    apply,
    case,
    delete,
    get,
    patch,
    post,
    put,
)
from differential.widgets import CLEANUP, PATH, SUBRESOURCES, crd, ready, widget

CASES = (
    case(
        "an object of a custom kind lives like any other",
        *ready(crd()),
        post(PATH, widget(size=1)),
        get(f"{PATH}/w", keep={"rv": "metadata.resourceVersion"}),
        put(f"{PATH}/w", {**widget(size=2), "metadata": {"name": "w", "resourceVersion": "$rv"}}),
        put(f"{PATH}/w", {**widget(size=3), "metadata": {"name": "w", "resourceVersion": "$rv"}}),
        put(f"{PATH}/w", widget(size=3)),
        get(PATH),
        patch(f"{PATH}/w", {"spec": {"size": 4}}),
        patch(f"{PATH}/w", [{"op": "replace", "path": "/spec/size", "value": 5}], JSON_PATCH),
        patch(f"{PATH}/w", {"spec": {"size": 4}}, STRATEGIC),
        delete(f"{PATH}/w"),
        get(f"{PATH}/w"),
        cleanup=CLEANUP,
    ),
    case(
        "a schema is enforced",
        *ready(crd()),
        post(PATH, widget(size=0)),
        post(PATH, widget(size=11)),
        post(PATH, widget(size="one")),
        post(PATH, widget(size=1.5)),
        post(PATH, widget(colour="green", size=1)),
        post(PATH, widget(word="toolong", size=1)),
        post(PATH, widget(word="A1", size=1)),
        post(PATH, widget()),
        post(PATH, {"apiVersion": "$id.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}),
        post(PATH, widget(size=1, parts=[{"name": "a"}, {"name": "a"}])),
        post(PATH, widget(size=1, parts=[{"name": "a"}, {"name": "b"}, {"name": "c"}])),
        post(PATH, widget(size=1, parts=[{"n": 1}])),
        post(PATH, widget(size=1, either=[])),
        post(PATH, widget(size=None)),
        post(PATH, widget(size=1, maybe=None, colour=None)),
        cleanup=CLEANUP,
    ),
    case(
        "unknown fields are pruned, warned of or refused",
        *ready(crd()),
        post(PATH, widget("a", size=1, nonsense=1, free={"any": "thing"})),
        post(f"{PATH}?fieldValidation=Strict", widget("b", size=1, nonsense=1)),
        post(f"{PATH}?fieldValidation=Ignore", widget("c", size=1, nonsense=1)),
        cleanup=CLEANUP,
    ),
    case(
        "status and scale of a custom kind",
        *ready(crd(subresources=SUBRESOURCES)),
        post(PATH, {**widget(size=1, replicas=2), "status": {"ready": True}}),
        patch(f"{PATH}/w/status", {"status": {"ready": True, "replicas": 2}, "spec": {"size": 9}}),
        patch(f"{PATH}/w", {"status": {"ready": False}}),
        patch(f"{PATH}/w", {"spec": {"size": 2}}),
        get(f"{PATH}/w/scale"),
        patch(f"{PATH}/w/scale", {"spec": {"replicas": 5}}),
        put(f"{PATH}/w/status", {**widget(size=1), "status": {"ready": "yes"}}),
        get(f"{PATH}/w"),
        cleanup=CLEANUP,
    ),
    case(
        "without a status subresource, status is like any field",
        *ready(crd()),
        post(PATH, {**widget(size=1), "status": {"ready": True}}),
        patch(f"{PATH}/w/status", {"status": {"ready": False}}),
        cleanup=CLEANUP,
    ),
    case(
        "printer columns make the table",
        *ready(
            crd(
                additionalPrinterColumns=[
                    {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "description": "how large"},
                    {"name": "Colour", "type": "string", "jsonPath": ".spec.colour", "priority": 1},
                    {"name": "None", "type": "string", "jsonPath": ".spec.none"},
                ]
            )
        ),
        post(PATH, widget(size=1), silent=True),
        get(PATH, accept=TABLE),
        get(f"{PATH}/w?includeObject=None", accept=TABLE),
        cleanup=CLEANUP,
    ),
    case(
        "a table without columns of its own",
        *ready(crd()),
        post(PATH, widget(size=1), silent=True),
        get(PATH, accept=TABLE),
        cleanup=CLEANUP,
    ),
    case(
        "apply knows a custom kind's lists",
        *ready(crd()),
        apply(f"{PATH}/w", widget(size=1, parts=[{"name": "a"}]), "one"),
        apply(f"{PATH}/w", widget(size=1, parts=[{"name": "b", "n": 2}]), "two"),
        apply(f"{PATH}/w", widget(size=2), "two"),
        apply(f"{PATH}/w", widget(size=1), "one"),
        apply(f"{PATH}/w", widget(size=1, nonsense=1), "one"),
        apply(f"{PATH}/w", widget(size=99), "one"),
        cleanup=CLEANUP,
    ),
    case(
        "a custom kind is watched",
        *ready(crd()),
        get(PATH, keep={"rv": "metadata.resourceVersion"}, silent=True),
        OpenWatch(f"{PATH}?watch=true&resourceVersion=$rv"),
        post(PATH, widget(size=1), silent=True),
        patch(f"{PATH}/w", {"spec": {"size": 2}}, silent=True),
        delete(f"{PATH}/w", silent=True),
        Events(3),
        OpenWatch(f"{PATH}?watch=true&resourceVersion=$rv&allowWatchBookmarks=true&timeoutSeconds=4"),
        OpenWatch(f"{PATH}?watch=true&resourceVersion=$rv&allowWatchBookmarks=true&timeoutSeconds=4", "rows", TABLE),
        Events(None),
        Events(None, "rows"),
        cleanup=CLEANUP,
    ),
    case(
        "rules in CEL",
        *ready(
            crd(
                schema={
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
                                "x-kubernetes-validations": [
                                    {"rule": "self.a <= self.b", "message": "a must not exceed b"},
                                    {"rule": "self.b >= oldSelf.b", "message": "b only grows"},
                                ],
                            }
                        },
                    }
                }
            )
        ),
        post(PATH, widget(a=2, b=1)),
        post(PATH, widget(a=1, b=2)),
        patch(f"{PATH}/w", {"spec": {"b": 1}}),
        cleanup=CLEANUP,
    ),
)
