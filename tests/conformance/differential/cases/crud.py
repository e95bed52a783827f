"""Create, read and replace, with every refusal of theirs."""

from tests.conformance.differential.language import (
    CONFIG_MAPS,
    JSON_PATCH,
    STRATEGIC,
    apply,
    case,
    config_map,
    delete,
    get,
    patch,
    post,
    put,
)


def _escaped(name: str, text: str) -> str:
    """Write a ConfigMap in JSON whose text is written as it is."""
    return f'{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}"}},"data":{{"k":"{text}"}}}}'


def _aliased(depth: int) -> str:
    """Write a ConfigMap in YAML with ten times as many values on each line as on the line before.

    They are below one field, because kube-apiserver names any of several undeclared fields.
    """
    name = {2: "a", 5: "b", 8: "c"}[depth]
    lines = ["apiVersion: v1", "kind: ConfigMap", f"metadata: {{name: {name}}}", "data: {}", "x:"]
    lines.append("  x0: &x0 [y, y, y, y, y, y, y, y, y, y]")
    lines += [f"  x{place}: &x{place} [{', '.join([f'*x{place - 1}'] * 10)}]" for place in range(1, depth)]
    return "\n".join(lines)


CASES = (
    case(
        "an object lives from create to delete",
        post(CONFIG_MAPS, config_map("a", {"k": "v"}, labels={"app": "x"}, annotations={"n": "1"})),
        get(f"{CONFIG_MAPS}/a", keep={"rv": "metadata.resourceVersion"}),
        put(f"{CONFIG_MAPS}/a", config_map("a", {"k": "w"}, resourceVersion="$rv")),
        delete(f"{CONFIG_MAPS}/a"),
        get(f"{CONFIG_MAPS}/a"),
    ),
    case(
        "a second create of one name is refused",
        post(CONFIG_MAPS, config_map("a")),
        post(CONFIG_MAPS, config_map("a", {"k": "v"})),
    ),
    case(
        "what is not there is not found",
        get(f"{CONFIG_MAPS}/none"),
        delete(f"{CONFIG_MAPS}/none"),
        put(f"{CONFIG_MAPS}/none", config_map("none", resourceVersion="1")),
        get("/api/v1/namespaces/$ns/nonsense/x"),
        get("/apis/nonsense.example.com/v1/things"),
        get("/api/v1/namespaces/$ns-none/configmaps"),
        post("/api/v1/namespaces/$ns-none/configmaps", config_map("a")),
    ),
    case(
        "an update with an old version conflicts",
        post(CONFIG_MAPS, config_map("a"), keep={"rv": "metadata.resourceVersion"}),
        put(f"{CONFIG_MAPS}/a", config_map("a", {"k": "1"}, resourceVersion="$rv")),
        put(f"{CONFIG_MAPS}/a", config_map("a", {"k": "2"}, resourceVersion="$rv")),
    ),
    case(
        "an update without a version is unconditional",
        post(CONFIG_MAPS, config_map("a")),
        put(f"{CONFIG_MAPS}/a", config_map("a", {"k": "1"})),
    ),
    case(
        "an update that changes nothing keeps the version",
        post(CONFIG_MAPS, config_map("a", {"k": "v"})),
        put(f"{CONFIG_MAPS}/a", config_map("a", {"k": "v"})),
    ),
    case(
        "an update with another uid conflicts",
        post(CONFIG_MAPS, config_map("a")),
        put(f"{CONFIG_MAPS}/a", config_map("a", uid="11111111-2222-3333-4444-555555555555")),
    ),
    case(
        "path and body must agree",
        post(CONFIG_MAPS, config_map("a")),
        put(f"{CONFIG_MAPS}/a", config_map("b")),
        put(f"{CONFIG_MAPS}/a", config_map("a", namespace="other")),
        post(CONFIG_MAPS, config_map("c", namespace="other")),
        post(CONFIG_MAPS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}),
        post(CONFIG_MAPS, {"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "s"}}),
    ),
    case(
        "a create fills in what the body leaves out",
        post(CONFIG_MAPS, {"metadata": {"name": "no-kind"}}),
        post(CONFIG_MAPS, {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {}}),
        post(CONFIG_MAPS, {"kind": "ConfigMap", "apiVersion": "v1"}),
    ),
    case(
        "a body that cannot be read is a bad request",
        post(CONFIG_MAPS, "{"),
        post(CONFIG_MAPS, ""),
        post(CONFIG_MAPS, "[]"),
        post(CONFIG_MAPS, "null"),
        post(CONFIG_MAPS, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":5}}'),
        post(CONFIG_MAPS, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":1}}'),
        post(CONFIG_MAPS, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":["k"]}'),
    ),
    case(
        "a text may have escapes of surrogates, in pairs or alone",
        *(
            step
            for number, text in enumerate((r"\ud83d\ude00", r"x\ud800y", r"\udc00\ud800", r"\ud800", r"\u0000"))
            for step in (
                post(CONFIG_MAPS, _escaped(f"a{number}", text)),
                put(f"{CONFIG_MAPS}/a{number}", _escaped(f"a{number}", f"put {text}")),
                patch(f"{CONFIG_MAPS}/a{number}", f'{{"data":{{"merged{text}":"{text}"}}}}'),
                patch(f"{CONFIG_MAPS}/a{number}", f'{{"metadata":{{"annotations":{{"merged":"{text}"}}}}}}'),
                patch(
                    f"{CONFIG_MAPS}/a{number}",
                    f'[{{"op":"add","path":"/data/j","value":"{text}"}}]',
                    content_type=JSON_PATCH,
                ),
                patch(f"{CONFIG_MAPS}/a{number}", f'{{"data":{{"strategic":"{text}"}}}}', content_type=STRATEGIC),
                apply(f"{CONFIG_MAPS}/b{number}", _escaped(f"b{number}", text)),
                apply(
                    f"{CONFIG_MAPS}/c{number}",
                    f'apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\ndata: {{k: "{text}"}}\n',
                ),
            )
        ),
    ),
    case(
        "aliases of YAML that multiply are refused",
        apply(f"{CONFIG_MAPS}/a", _aliased(2)),
        apply(f"{CONFIG_MAPS}/b", _aliased(5)),
        apply(f"{CONFIG_MAPS}/c", _aliased(8)),
    ),
    case(
        "a media type that nobody speaks is refused",
        post(CONFIG_MAPS, config_map("a"), content_type="text/plain"),
        get(CONFIG_MAPS, accept="text/plain"),
        get(CONFIG_MAPS, accept="application/json;as=Nonsense;v=v1;g=meta.k8s.io"),
        get(CONFIG_MAPS, accept="text/plain, application/json;q=0.5"),
        get(CONFIG_MAPS, accept="*/*"),
    ),
    case(
        "a body may be YAML",
        post(
            CONFIG_MAPS, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n", content_type="application/yaml"
        ),
    ),
    case(
        "tags of YAML",
        *(
            post(
                f"{CONFIG_MAPS}?dryRun=All",
                f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n{text}\n",
                content_type="application/yaml",
            )
            for text in (
                "data: {a: !!binary QQ==}",
                "data: {a: !!binary /w==}",
                "data: !!set {b, c}",
                "data: {a: !!omap [b: 1]}",
                "data: {a: !!pairs [b: 1, b: 2]}",
                "data: {a: !!str 1}",
                "data: {a: !!float 1}",
                "data: {a: !!int '1'}",
                "data: {a: !mine b}",
                "data: {a: 1e400}",
                "data: {a: -1e400}",
                "data: !mine {a: b}",
                "data: {a: !!python/object:os.system x}",
                "immutable: 1e400",
                "immutable: !!bool yes",
            )
        ),
    ),
    case(
        "a verb that a resource lacks is not allowed",
        post(f"{CONFIG_MAPS}/a", config_map("a")),
        put(CONFIG_MAPS, config_map("a")),
        delete("/api/v1/namespaces"),
        post("/api/v1/configmaps", config_map("a")),
    ),
    case(
        "a generated name gets a suffix",
        post(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "gen-"}}),
        post(
            CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "gen-", "name": "own"}}
        ),
        post(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "Bad_"}}),
    ),
    case(
        "a dry run answers and stores nothing",
        post(f"{CONFIG_MAPS}?dryRun=All", config_map("a", {"k": "v"}), keep={}),
        get(f"{CONFIG_MAPS}/a"),
        post(CONFIG_MAPS, config_map("b", {"k": "v"})),
        put(f"{CONFIG_MAPS}/b?dryRun=All", config_map("b", {"k": "w"})),
        delete(f"{CONFIG_MAPS}/b?dryRun=All"),
        get(f"{CONFIG_MAPS}/b"),
        post(f"{CONFIG_MAPS}?dryRun=Some", config_map("a")),
        delete(f"{CONFIG_MAPS}/b", {"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]}),
        get(f"{CONFIG_MAPS}/b"),
    ),
    case(
        "the server owns some metadata",
        post(
            CONFIG_MAPS,
            config_map(
                "a",
                uid="11111111-2222-3333-4444-555555555555",
                creationTimestamp="2001-01-01T00:00:00Z",
                generation=7,
                selfLink="/x",
                deletionTimestamp="2001-01-01T00:00:00Z",
                deletionGracePeriodSeconds=5,
            ),
        ),
        post(CONFIG_MAPS, config_map("b", resourceVersion="5")),
        put(f"{CONFIG_MAPS}/a", config_map("a", creationTimestamp="2002-01-01T00:00:00Z", generation=9)),
    ),
    case(
        "a read may ask for a version",
        post(CONFIG_MAPS, config_map("a"), keep={"rv": "metadata.resourceVersion"}),
        get(f"{CONFIG_MAPS}/a?resourceVersion=0"),
        get(f"{CONFIG_MAPS}/a?resourceVersion=$rv"),
        get(f"{CONFIG_MAPS}/a?resourceVersion=nonsense"),
    ),
    case(
        "field validation warns, ignores or refuses",
        post(CONFIG_MAPS, {**config_map("a"), "nonsense": 1}),
        post(f"{CONFIG_MAPS}?fieldValidation=Ignore", {**config_map("b"), "nonsense": 1}),
        post(f"{CONFIG_MAPS}?fieldValidation=Strict", {**config_map("c"), "nonsense": 1}),
        post(f"{CONFIG_MAPS}?fieldValidation=Strict", {**config_map("c", nonsense=1)}),
        post(f"{CONFIG_MAPS}?fieldValidation=Other", config_map("d")),
        post(
            f"{CONFIG_MAPS}?fieldValidation=Strict",
            '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"e"},"data":{"k":"1","k":"2"}}',
        ),
    ),
    case(
        "a field manager's name is checked",
        post(f"{CONFIG_MAPS}?fieldManager=me", config_map("a", {"k": "v"})),
        post(f"{CONFIG_MAPS}?fieldManager={'x' * 129}", config_map("b")),
    ),
    case(
        "a value of another type than its field's is a bad request",
        post(CONFIG_MAPS, {**config_map("a"), "metadata": ["name"]}),
        post(CONFIG_MAPS, {**config_map("a"), "metadata": {"name": "a", "finalizers": "x"}}),
        post(CONFIG_MAPS, {**config_map("a"), "metadata": {"name": "a", "ownerReferences": [1]}}),
        post(CONFIG_MAPS, config_map("a"), silent=True),
        delete(f"{CONFIG_MAPS}/a", {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": "x"}),
        delete(f"{CONFIG_MAPS}/a", {"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": "All"}),
        delete(f"{CONFIG_MAPS}/a", {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": [1]}),
        put("/api/v1/namespaces/$ns/finalize", {"apiVersion": "v1", "kind": "Namespace", "spec": True}),
        post("/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": {"resourceAttributes": []}}),
        post("/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": ["t"]}}),
        get(f"{CONFIG_MAPS}/a"),
    ),
)
