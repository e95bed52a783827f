"""Rules of schemas, with objects to judge: types, sizes and costs, old values, and what is refused."""

from typing import Any

Json = dict[str, Any]
INTEGER, TEXT, NUMBER = {"type": "integer"}, {"type": "string"}, {"type": "number"}


def _object(*rules: str | Json, **properties: Any) -> Json:
    made = [rule if isinstance(rule, dict) else {"rule": rule} for rule in rules]
    validations = {"x-kubernetes-validations": made} if made else {}
    return {"type": "object", "properties": properties, **validations}


def _list(items: Json, **more: Any) -> Json:
    return {"type": "array", "items": items, **more}


def _map(values: Json, **more: Any) -> Json:
    return {"type": "object", "additionalProperties": values, **more}


def _question(schema: Json, *objects: Json, old: Json | None = None) -> Json:
    return {"schema": schema, "objects": list(objects), **({} if old is None else {"old": old})}


_SET = {"x-kubernetes-list-type": "set"}
_KEYED = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
_PARTS = _list(_object(n=INTEGER, name=TEXT))

QUESTIONS = (
    _question(
        _object(
            *("self.a > 1", "self.a < self.b", "has(self.a)", "self.a + self.b == 3", "self.a / self.b > 0"),
            a=INTEGER,
            b=INTEGER,
        ),
        *({"a": 1, "b": 2}, {"a": 5, "b": 1}, {"a": 1, "b": 0}),
    ),
    _question(
        _object(
            *("self.s.startsWith('x')", "self.s.size() > 3", "self.s.matches('^a+$')", "self.s.contains('b')"),
            *("self.s == self.t", "self.s + self.t == 'ab'", "self.s < self.t", "self.s.split(',').size() > 1"),
            *("self.s.replace('a', 'bb').size() > 1", "self.s.find('[0-9]+') == '1'", "self.s.lowerAscii() == self.t"),
            *("self.s.indexOf('a') > 0", "[self.s, self.t].join('-').size() > 2", "string(bytes(self.s)) == self.s"),
            *("self.s in ['a', 'b']", "self.s in [self.t]", "isURL(self.s)", "isIP(self.t)", "isCIDR(self.s)"),
            *("'%s-%s'.format([self.s, self.t]) == 'a-b'", "strings.quote(self.s) == self.t", "isQuantity(self.s)"),
            *("!format.dns1123Label().validate(self.s).hasValue()", "isSemver(self.s, true)"),
            *("self.s.findAll('[a-z]').size() > self.t.size()", "self.t.replace('a', self.s).size() > 1"),
            s={"type": "string", "maxLength": 50},
            t=TEXT,
        ),
        *({"s": "abc", "t": "b"}, {"s": "x1", "t": "10.0.0.1"}, {"s": "10.0.0.0/8", "t": "a"}, {"s": "1.2.3", "t": ""}),
    ),
    _question(
        _object(
            *("self.l.all(x, x > 0)", "self.l.exists(x, x == 1)", "self.l.map(x, x * 2).size() > 1"),
            *("self.l.filter(x, x > 1).size() == 1", "self.l.sum() > 3", "self.l.isSorted()", "self.l.indexOf(2) == 1"),
            *("self.l == [1, 2]", "self.l + [3] == [1, 2, 3]", "self.l.exists_one(x, x == 1)", "1 in self.l"),
            *("sets.contains(self.l, [1])", "self.l.sort() == self.l", "self.l.distinct().size() == 2"),
            *("self.l.all(i, v, i < v)", "self.l.transformList(i, v, i * v) == [0, 2]", "self.l.reverse().size() == 2"),
            *("self.l.transformMap(i, v, i * v).size() == 2", "self.l.first().orValue(9) == 1"),
            *("self.l.sortBy(x, -x).size() == 2", "self.l.slice(0, 1) == [1]", "self.l.size() > lists.range(2).size()"),
            "self.l.all(x, self.l.all(y, self.l.all(z, x + y + z > 0)))",
            l=_list(INTEGER, maxItems=10),
        ),
        *({"l": [1, 2]}, {"l": [3, 1, 2]}),
    ),
    _question(
        _object(
            *("self.l.all(x, self.l.all(y, x != y || x == y))", "self.l.all(x, x.startsWith('a'))"),
            *("self.l.join(',').size() < 100", "self.l.exists(x, x in ['a'])", "['a', 'b'].all(x, x in self.l)"),
            "self.l.map(x, x + 'b').exists(x, x == 'ab')",
            l=_list(TEXT),
        ),
        *({"l": ["a", "b"]}, {"l": ["aa"] * 20}),
    ),
    _question(
        _object(
            *("self.m.all(k, self.m[k] > 0)", "self.m.exists(k, k == 'a')", "'a' in self.m", "self.m.a > 0"),
            *("has(self.m.a)", "self.m.size() > 0", "self.m == {'a': 1}", "self.m.?a.orValue(3) == 1"),
            *("self.m[?'b'].hasValue()", "self.m.map(k, self.m[k]).sum() > 0", "self.m.all(k, v, k.size() < v)"),
            *("self.m.transformMap(k, v, v + 1).a == 2", "self.m.transformMapEntry(k, v, {k + 'x': v}).size() > 0"),
            m=_map(INTEGER, maxProperties=20),
        ),
        *({"m": {"a": 1}}, {"m": {}}),
    ),
    _question(
        _object(
            *("self.o.a > self.o.b", "has(self.o.a) && self.o.a > 1", "self.?o.a.orValue(7) == 7"),
            *("self.o.l.all(x, x.n > 0 && x.name.startsWith('a'))", "self.o == self.p"),
            *("self.o.l.exists(x, self.o.l.exists(y, x.n == y.n))", "(self.o.a > 1 ? self.o : self.p).a == 1"),
            *("self.o.l.filter(x, x.n > 1).map(x, x.name) == ['a']", "self.o.a == 1 ? true : self.p.a == 2"),
            o=_object(a=INTEGER, b=INTEGER, l=_PARTS),
            p=_object(a=INTEGER, b=INTEGER, l=_PARTS),
        ),
        *({"o": {"a": 1, "b": 0, "l": [{"n": 1, "name": "a"}]}, "p": {"a": 1}}, {}),
    ),
    _question(
        _object(
            *("self.t > timestamp('2020-01-01T00:00:00Z')", "self.d < duration('1h')", "self.t.getFullYear() == 2021"),
            *("self.d.getHours() == 0", "self.t + self.d > self.t", "string(self.t).size() > 0", "self.b == b'abc'"),
            *("self.day == timestamp('2021-01-01T00:00:00Z')", "self.b.size() > 1"),
            t={"type": "string", "format": "date-time"},
            d={"type": "string", "format": "duration"},
            b={"type": "string", "format": "byte"},
            day={"type": "string", "format": "date"},
        ),
        {"t": "2021-05-05T05:05:05Z", "d": "30m", "b": "YWJj", "day": "2021-01-01"},
        {"t": "2019-05-05T05:05:05.123+02:00", "d": "2h1.5s", "b": "", "day": "2020-01-01"},
    ),
    _question(
        _object(
            *("self.x == 5", "type(self.x) == int ? self.x > 1 : self.x.endsWith('%')", "self.x > 1"),
            *("string(self.x) == '5'", "self.n > 1.5", "self.n == 2", "self.n > 1", "self.e == 'aa'"),
            x={"x-kubernetes-int-or-string": True},
            n=NUMBER,
            e={"type": "string", "enum": ["aa", "bbbb"]},
        ),
        *({"x": 5, "n": 2, "e": "aa"}, {"x": "5%", "n": 1.5, "e": "b"}),
    ),
    _question(
        _object(
            *("self.one == self.two", "self.one + self.two == ['a']", "self.first == self.second"),
            *("(self.first + self.second).size() == 1", "self.first.exists(x, x.n == 1)"),
            one=_list(TEXT, **_SET),
            two=_list(TEXT, **_SET),
            first=_list(_object(k=TEXT, n=INTEGER), **_KEYED),
            second=_list(_object(k=TEXT, n=INTEGER), **_KEYED),
        ),
        {"one": ["a", "b"], "two": ["b", "a"], "first": [{"k": "a", "n": 1}, {"k": "b"}], "second": [{"k": "b"}]},
        {"one": ["a"], "two": ["a"], "first": [{"k": "a", "n": 1}], "second": [{"k": "a", "n": 2}]},
    ),
    _question(
        _object(
            {"rule": "self.a >= oldSelf.a"},
            {"rule": "!oldSelf.hasValue() || oldSelf.value().a <= self.a", "optionalOldSelf": True},
            {"rule": "oldSelf.optMap(o, o.a + 1).orValue(0) < 5", "optionalOldSelf": True},
            {"rule": "self.a > 100", "messageExpression": "'a is ' + string(self.a) + ', was ' + string(oldSelf.a)"},
            {"rule": "self == oldSelf"},
            {"rule": "self.a > 1000", "fieldPath": ".a", "reason": "FieldValueForbidden", "message": " m "},
            {"rule": "self.a > 1000", "fieldPath": "['a']", "reason": "FieldValueDuplicate"},
            a=INTEGER,
        ),
        *({"a": 1}, {"a": 7}),
        old={"a": 3},
    ),
    _question(
        _object(
            *("self.foo.bar", "self.a.b", "self.nothing > 1", "self.a == 'x'", "other.a > 1", "self.a.unknown()"),
            *("self.a", "dyn(self.a) == 1", "dyn(true)", "self.a > 1 && self.s", "self.l.all(x, y)", "self.a +"),
            *("self.a > 1.0", "self.l[0].x", "'a' in self.a", "has(self.q)", "self.s.size() > 'a'", "self.l == self.s"),
            *("self.m.x.y", "size(self.a)", "true ? 1 : self.s", "self.l.map(x, x).sum() > 1u", "self.?q.hasValue()"),
            *("duration('x') > duration('1s')", "self.s.matches('(')", "self.s.find('(') == ''", "int('x') == 1"),
            {"rule": "self.a > 1", "messageExpression": "self.a"},
            {"rule": "self.a > 1", "messageExpression": "self.s.nothing()"},
            a=INTEGER,
            s=TEXT,
            l=_list(INTEGER),
            m=_map(INTEGER),
        )
    ),
    _question(
        _object(
            *("self.a__dash__b == 1", "self.__namespace__ == 'x'", "self.x__dot__y > 0", "self.u__underscores__v > 0"),
            **{"a-b": INTEGER, "namespace": TEXT, "x.y": INTEGER, "u__v": INTEGER},
        ),
        *({"a-b": 1, "namespace": "x", "x.y": 1, "u__v": 1}, {}),
    ),
    _question(
        _object(
            "self.l.all(a, self.l.all(b, self.l.all(c, self.l.all(d, a + b + c + d >= 0))))",
            l=_list(INTEGER, maxItems=100),
        ),
        *({"l": list(range(6))}, {"l": list(range(60))}),
    ),
)
