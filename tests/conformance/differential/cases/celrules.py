"""Rules in CEL (``x-kubernetes-validations``): of definitions, of new objects, and of changes."""

from typing import Any

from tests.conformance.differential.language import Case, apply, case, patch, post, put
from tests.conformance.differential.widgets import CLEANUP, CRDS, PATH, crd, ready, widget


def ruled(*rules: dict[str, Any] | str, **properties: Any) -> dict[str, Any]:
    """Write a definition whose spec has these rules and properties."""
    spec: dict[str, Any] = {"type": "object", "properties": properties}
    if rules:
        spec["x-kubernetes-validations"] = [{"rule": rule} if isinstance(rule, str) else rule for rule in rules]
    return crd(schema={"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}})


def only(**validations: Any) -> dict[str, Any]:
    """Write a definition with one property that has rules of its own."""
    return ruled(x=validations)


def judged(name: str, definition: dict[str, Any], *specs: dict[str, Any]) -> Case:
    """Create objects under a definition, each under a name of its own."""
    objects = (post(PATH, widget(f"w{number}", **spec)) for number, spec in enumerate(specs))
    return case(name, *ready(definition), *objects, cleanup=CLEANUP)


SCHEMA = "/spec/versions/0/schema/openAPIV3Schema"
INTEGER, NUMBER = {"type": "integer"}, {"type": "number"}
STRINGS = {"type": "array", "maxItems": 5, "items": {"type": "string", "maxLength": 20}}
INTEGERS = {"type": "array", "maxItems": 5, "items": INTEGER}
WORDS = {"type": "object", "additionalProperties": {"type": "string"}}
TEXT, WORD = {"type": "string", "maxLength": 50}, {"type": "string"}
NAMED = {
    "type": "array",
    "maxItems": 5,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    "items": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": TEXT, "n": INTEGER},
        "x-kubernetes-validations": [{"rule": "self.n >= oldSelf.n", "message": "n only grows"}],
    },
}

CASES = (
    judged(
        "rules in CEL say what is wrong",
        ruled(
            "self.a <= self.b",
            {"rule": "self.a != 5", "message": "five is taken"},
            {"rule": "self.a != 6", "messageExpression": "self.a > 3 ? 'six is too big' : 'never'"},
            {"rule": "self.a != 7", "reason": "FieldValueForbidden", "message": "not seven"},
            {"rule": "self.a != 8", "fieldPath": ".a", "reason": "FieldValueRequired"},
            {"rule": "self.a != 9", "fieldPath": ".a", "message": "m", "messageExpression": "self.s"},
            {"rule": "!has(self.s) ||\nself.s.startsWith('x')", "message": "s"},
            a=INTEGER,
            b=INTEGER,
            s=TEXT,
        ),
        *({"a": a, "b": 10} for a in (1, 5, 6, 7, 8)),
        {"a": 9, "b": 10, "s": "xyz"},
        {"a": 9, "b": 10, "s": "x\ny"},
        {"a": 11, "b": 10, "s": "y"},
        {"b": 10},
        {"a": "x", "b": 10},
        {},
    ),
    judged(
        "rules in CEL stand at every level",
        crd(
            schema={
                "openAPIV3Schema": {
                    "type": "object",
                    "x-kubernetes-validations": [
                        {"rule": "self.metadata.name.startsWith('w')"},
                        {"rule": "self.kind == 'Widget' && self.apiVersion.endsWith('/v1')"},
                        {"rule": "!has(self.spec.no)", "message": "no"},
                    ],
                    "properties": {
                        "spec": {
                            "type": "object",
                            "properties": {
                                "no": INTEGER,
                                "text": {**TEXT, "x-kubernetes-validations": [{"rule": "self != 'bad'"}]},
                                "list": {**INTEGERS, "x-kubernetes-validations": [{"rule": "self.all(i, i > 0)"}]},
                                "each": {
                                    "type": "array",
                                    "maxItems": 3,
                                    "items": {**INTEGER, "x-kubernetes-validations": [{"rule": "self % 2 == 0"}]},
                                },
                                "map": {
                                    "type": "object",
                                    "maxProperties": 3,
                                    "additionalProperties": {
                                        **INTEGER,
                                        "x-kubernetes-validations": [{"rule": "self < 3"}],
                                    },
                                    "x-kubernetes-validations": [{"rule": "self.all(k, k.size() < 3)"}],
                                },
                            },
                        }
                    },
                }
            }
        ),
        {"no": 1},
        {"text": "bad"},
        {"list": [1, 0]},
        {"each": [2, 3, 5]},
        {"map": {"a": 1, "b": 5, "long": 2}},
        {"text": "good", "list": [1], "each": [2], "map": {"a": 1}},
    ),
    judged(
        "rules in CEL know types and names",
        ruled(
            "!has(self.number) || self.number > 1.5",
            "!has(self.either) || type(self.either) == int || self.either.endsWith('%')",
            "!has(self.__namespace__) || self.__namespace__ == 'x'",
            "!has(self.with__dash__name) || self.with__dash__name == 'x'",
            "!has(self.when) || self.when > timestamp('2020-01-01T00:00:00Z')",
            "!has(self.lasting) || self.lasting < duration('1h')",
            "!has(self.bytes) || self.bytes == b'hello'",
            "!has(self.maybe) || self.maybe > 1",
            "!has(self.free) || self.free.known == 1",
            number=NUMBER,
            either={"x-kubernetes-int-or-string": True},
            namespace=TEXT,
            **{"with-name": TEXT},
            when={"type": "string", "format": "date-time"},
            lasting={"type": "string", "format": "duration"},
            bytes={"type": "string", "format": "byte"},
            maybe={"type": "integer", "nullable": True},
            free={"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"known": INTEGER}},
        ),
        {"number": 2},
        {"number": 1},
        {"either": 3},
        {"either": "3%"},
        {"either": "3"},
        {"namespace": "y"},
        {"with-name": "y"},
        {"when": "2019-05-05T05:05:05Z"},
        {"when": "2021-05-05T05:05:05Z"},
        {"lasting": "90m"},
        {"lasting": "9m"},
        {"bytes": "aGVsbG8="},
        {"bytes": "aGVsbA=="},
        {"maybe": None},
        {"maybe": 1},
        {"free": {"known": 1, "more": 2}},
        {"free": {"known": 2}},
    ),
    judged(
        "rules in CEL have Kubernetes' functions",
        ruled(
            "!has(self.s) || self.s.find('[0-9]+') == '12'",
            "!has(self.s) || self.s.findAll('[0-9]').size() == 2",
            "!has(self.l) || self.l.isSorted()",
            "!has(self.l) || (self.l.sum() < 100 && self.l.min() > 0 && self.l.max() < 50)",
            "!has(self.l) || self.l.indexOf(7) == 1",
            "!has(self.t) || sets.contains(self.t, ['a'])",
            "!has(self.t) || self.t.exists_one(x, x == 'a')",
            "!has(self.s) || self.s.lowerAscii() == self.s && self.s.split('-').size() == 2",
            "!has(self.o) || self.?o.orValue(0) > 3",
            s=TEXT,
            l=INTEGERS,
            t=STRINGS,
            o=INTEGER,
        ),
        {"s": "a-12"},
        {"s": "A-123-"},
        {"l": [1, 7, 9]},
        {"l": [9, 7, 60]},
        {"t": ["a", "b"]},
        {"t": ["b", "b"]},
        {"o": 4},
        {"o": 3},
    ),
    judged(
        "rules in CEL have the types that Kubernetes adds",
        ruled(
            "!has(self.url) || url(self.url).getHostname() == 'example.com' && 'k' in url(self.url).getQuery()",
            "!has(self.ip) || ip(self.ip).family() == 4 && !ip(self.ip).isLoopback()",
            "!has(self.net) || cidr(self.net).containsIP('10.1.2.3') && cidr(self.net).prefixLength() < 16",
            "!has(self.q) || quantity(self.q).isGreaterThan(quantity('1Gi')) && quantity(self.q).isInteger()",
            "!has(self.v) || semver(self.v).isLessThan(semver('2.0.0')) && semver(self.v).minor() > 0",
            "!has(self.title) || !format.dns1123Label().validate(self.title).hasValue()",
            {
                "rule": "!has(self.label) || !format.named('labelValue').value().validate(self.label).hasValue()",
                "messageExpression": "format.labelValue().validate(self.label).value()[0]",
            },
            url=TEXT,
            ip=TEXT,
            net=TEXT,
            q=TEXT,
            v=TEXT,
            title=TEXT,
            label=TEXT,
        ),
        *({"url": url} for url in ("https://example.com:1/?k=v", "https://example.com", "not a url", "https://[::1]/")),
        *({"ip": ip} for ip in ("10.0.0.1", "127.0.0.1", "::1", "10.0.0.256", "1::2::3")),
        *({"net": net} for net in ("10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/8", "10.0.0.0/33")),
        *({"q": quantity} for quantity in ("2Gi", "1Gi", "1500m", "x", "10Mm")),
        *({"v": version} for version in ("1.2.3", "1.0.0", "2.0.0", "2.0.0-rc.1", "1.2", "01.2.3")),
        *({"title": name} for name in ("my-name", "My-Name", "-a")),
        *({"label": label} for label in ("ok", "-a", "a/b")),
    ),
    judged(
        "rules in CEL loop over two variables, sort and format",
        ruled(
            "!has(self.l) || self.l.all(i, v, i <= v)",
            "!has(self.l) || self.l.transformList(i, v, i * v).sum() < 20",
            "!has(self.l) || self.l.sort() == self.l && self.l.distinct() == self.l && self.l.slice(0, 1)[0] < 5",
            "!has(self.t) || '%s=%d'.format([self.t[0], self.t.size()]) == 'a=2'",
            "!has(self.t) || self.t.join('-') == 'a-b' && self.t.sortBy(x, x.size())[0] == 'a'",
            "!has(self.t) || self.t.transformMap(i, v, v + 'x')[0] == 'ax' && self.t.lastIndexOf('b') == 1",
            l=INTEGERS,
            t=STRINGS,
        ),
        *({"l": each} for each in ([1, 2, 3], [0, 0], [3, 2], [9], [5, 6, 7, 8], [])),
        *({"t": each} for each in (["a", "b"], ["a"], ["b", "a"], [])),
    ),
    case(
        "rules in CEL that may cost too much are refused with their definition",
        post(CRDS, ruled("self.l.all(i, self.l.all(j, i > j))", l={"type": "array", "items": INTEGER})),
        post(CRDS, only(type="array", items={**WORD, "x-kubernetes-validations": [{"rule": "self != 'a'"}]})),
        post(
            CRDS,
            ruled(
                {
                    "rule": "self.s != ''",
                    "messageExpression": "self.l.all(i, self.l.all(j, i > j)) ? '1' : '2'",
                },
                s=WORD,
                l={"type": "array", "items": INTEGER},
            ),
        ),
        post(CRDS, ruled(*["self.l.all(i, i > 0)"] * 60, l={"type": "array", "items": INTEGER, "maxItems": 400_000})),
        post(CRDS, ruled("self.m.all(k, self.m[k].startsWith('a'))", m=WORDS)),
        post(CRDS, ruled("self.s.contains(self.s)", s=WORD)),
        post(CRDS, ruled("self.s.contains(self.s)", s=TEXT), silent=True),
        cleanup=CLEANUP,
    ),
    judged(
        "rules in CEL that run for too long refuse the object",
        ruled(
            "self.l.all(i, self.l.all(j, self.l.all(k, i + j + k >= 0)))",
            "self.l.size() < 3",
            l={"type": "array", "items": INTEGER, "maxItems": 90},
        ),
        {"l": list(range(90))},
        {"l": list(range(10))},
    ),
    case(
        "rules in CEL compare with what was there",
        *ready(
            ruled(
                {"rule": "self.b >= oldSelf.b", "message": "b only grows"},
                {"rule": "!oldSelf.hasValue() || oldSelf.value().c == self.c", "optionalOldSelf": True},
                {"rule": "self.b < 100", "message": "too much"},
                b=INTEGER,
                c=INTEGER,
                parts=NAMED,
                any={"type": "integer", "x-kubernetes-validations": [{"rule": "self == oldSelf"}]},
            )
        ),
        post(PATH, widget(b=2, c=1, parts=[{"name": "x", "n": 2}])),
        patch(f"{PATH}/w", {"spec": {"b": 1}}),
        patch(f"{PATH}/w", {"spec": {"c": 2}}),
        patch(f"{PATH}/w", {"spec": {"any": 1}}),
        patch(f"{PATH}/w", {"spec": {"any": 2}}),
        patch(f"{PATH}/w", {"spec": {"parts": [{"name": "y", "n": 0}, {"name": "x", "n": 1}]}}),
        patch(f"{PATH}/w", {"spec": {"parts": [{"name": "y", "n": 0}, {"name": "x", "n": 3}]}}),
        put(f"{PATH}/w", widget(b=1, c=1)),
        apply(f"{PATH}/w", widget(b=100), "one", force=True),
        patch(f"{PATH}/w", {"spec": None}),
        cleanup=CLEANUP,
    ),
    case(
        "rules in CEL that became stricter leave alone what is not touched",
        *ready(ruled(a=INTEGER, s=TEXT)),
        post(PATH, widget(a=1, s="x"), silent=True),
        patch(
            f"{CRDS}/widgets.$id.example.com",
            [
                {
                    "op": "add",
                    "path": f"{SCHEMA}/properties/spec/properties/a/x-kubernetes-validations",
                    "value": [{"rule": "self > 1"}],
                }
            ],
            "application/json-patch+json",
            silent=True,
        ),
        post(PATH, widget("new", a=1), until=422, silent=True),
        patch(f"{PATH}/w", {"spec": {"s": "y"}}),
        patch(f"{PATH}/w", {"spec": {"a": 0}}),
        patch(f"{PATH}/w", {"spec": {"a": 2}}),
        cleanup=CLEANUP,
    ),
    case(
        "rules in CEL that became stricter leave alone the items of a list that is not touched",
        *ready(ruled(each=INTEGERS, s=TEXT)),
        post(PATH, widget(each=[1, 2], s="x"), silent=True),
        patch(
            f"{CRDS}/widgets.$id.example.com",
            [
                {
                    "op": "add",
                    "path": f"{SCHEMA}/properties/spec/properties/each/items/x-kubernetes-validations",
                    "value": [{"rule": "self > 1"}],
                }
            ],
            "application/json-patch+json",
            silent=True,
        ),
        post(PATH, widget("new", each=[1]), until=422, silent=True),
        patch(f"{PATH}/w", {"spec": {"s": "y"}}),
        patch(f"{PATH}/w", {"spec": {"each": [1, 3]}}),
        patch(f"{PATH}/w", {"spec": {"each": [2, 3]}}),
        cleanup=CLEANUP,
    ),
    judged(
        "messages in CEL that cannot be computed give way",
        ruled(
            {"rule": "self.a > 1", "messageExpression": "oldSelf.s"},
            {"rule": "self.a > 2", "messageExpression": "self.s", "message": "small"},
            {"rule": "self.a > 3", "messageExpression": "''", "message": "smaller"},
            a={**INTEGER, "maximum": 9},
            s=TEXT,
        ),
        {"a": 0},
        {"a": 2, "s": "two\nlines"},
        {"a": 3, "s": " padded "},
    ),
    judged(
        "rules in CEL may write the name of a property that is a keyword with or without its escape",
        ruled(
            "!has(self.return) || self.return",
            "!has(self.__return__) || self.__return__",
            "!has(self.namespace) || self.namespace.let == self.__namespace__.__let__",
            {"rule": "self.parts.all(p, p.import > 0)", "messageExpression": "string(self.parts[0].import)"},
            **{
                "return": {"type": "boolean"},
                "namespace": {"type": "object", "properties": {"let": TEXT}},
                "parts": {**INTEGERS, "items": {"type": "object", "properties": {"import": INTEGER}}},
            },
        ),
        {"return": True, "namespace": {"let": "x"}, "parts": []},
        {"return": False, "parts": [{"import": 0}]},
        {"parts": [{}]},
    ),
    case(
        "rules in CEL that cannot hold are refused with their definition",
        post(CRDS, ruled("self.a <= ", a=INTEGER)),
        post(CRDS, ruled("self.a\n> 1", a=INTEGER)),
        post(CRDS, ruled("math.greatest(1, 2) == 2", a=INTEGER)),
        post(CRDS, ruled("", a=INTEGER)),
        post(CRDS, ruled("self.a", a=INTEGER)),
        post(CRDS, ruled("self.nothing > 1", a=INTEGER)),
        post(CRDS, ruled("self.a == 'x'", a=INTEGER)),
        post(CRDS, ruled("other.a > 1", a=INTEGER)),
        post(CRDS, ruled("self.a.unknown()", a=INTEGER)),
        post(CRDS, ruled({"rule": "self.a > 1", "message": " "}, a=INTEGER)),
        post(CRDS, ruled({"rule": "self.a > 1", "message": "two\nlines"}, a=INTEGER)),
        post(CRDS, ruled({"rule": "self.a > 1", "messageExpression": "self.a"}, a=INTEGER)),
        post(CRDS, ruled({"rule": "self.a > 1", "messageExpression": "self."}, a=INTEGER)),
        post(CRDS, ruled({"rule": "self.a > 1", "reason": "Other"}, a=INTEGER)),
        post(CRDS, ruled({"rule": "self.a > 1", "fieldPath": ".b"}, a=INTEGER)),
        post(CRDS, ruled({"rule": "self.a > 1", "fieldPath": "b"}, a=INTEGER)),
        post(CRDS, ruled({"rule": "self.a > 1", "optionalOldSelf": True}, a=INTEGER)),
        post(
            CRDS, only(**{**INTEGERS, "items": {**INTEGER, "x-kubernetes-validations": [{"rule": "self > oldSelf"}]}})
        ),
        post(CRDS, ruled({"message": "m"}, a=INTEGER)),
        post(CRDS, ruled({"rule": "self.a > 1", "messageExpression": " "}, a=INTEGER)),
        post(CRDS, ruled({"rule": "self.a > 1", "fieldPath": "['a']"}, {"rule": "true", "fieldPath": ".["}, a=INTEGER)),
        post(CRDS, ruled("dyn(true)", "[1, 'a'].size() > self.a", "duration('x') > duration('1s')", a=INTEGER)),
        post(CRDS, ruled("self.a.all(x, x)", "[self.a].map(1, 2)", "has(self)", "int('x') == self.a", a=INTEGER)),
        post(
            CRDS,
            ruled("self.l.all(i, self.l.all(j, self.l.all(k, i > j && j > k)))", l={"type": "array", "items": INTEGER}),
        ),
        cleanup=CLEANUP,
    ),
)
