"""Regular expressions as Go reads them: ``pattern`` of a schema, formats, and the functions of CEL."""

# ruff: noqa: RUF001 - characters that look alike are what some patterns are about

from typing import Any

from tests.conformance.differential.cases.celrules import TEXT, judged, ruled
from tests.conformance.differential.language import Case, case, post
from tests.conformance.differential.widgets import CLEANUP, CRDS, PATH, crd, ready, widget


def patterned(*patterns: str) -> dict[str, Any]:
    """Write a definition with a field for each pattern: p0, p1 and so on."""
    fields = {f"p{number}": {"type": "string", "pattern": pattern} for number, pattern in enumerate(patterns)}
    return _with_fields(fields)


def _with_fields(fields: dict[str, Any]) -> dict[str, Any]:
    spec = {"type": "object", "properties": fields}
    return crd(schema={"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}})


def tried(name: str, patterns: dict[str, tuple[str, ...]]) -> Case:
    """Create an object for each text that a pattern judges."""
    texts = [(number, text) for number, subjects in enumerate(patterns.values()) for text in subjects]
    objects = (post(PATH, widget(f"w{place}", **{f"p{number}": text})) for place, (number, text) in enumerate(texts))
    return case(name, *ready(patterned(*patterns)), *objects, cleanup=CLEANUP)


def formatted(name: str, formats: dict[str, tuple[str, ...]]) -> Case:
    """Create an object for each text that a format judges."""
    fields = {f"p{number}": {"type": "string", "format": format_} for number, format_ in enumerate(formats)}
    texts = [(number, text) for number, subjects in enumerate(formats.values()) for text in subjects]
    objects = (post(PATH, widget(f"w{place}", **{f"p{number}": text})) for place, (number, text) in enumerate(texts))
    return case(name, *ready(_with_fields(fields)), *objects, cleanup=CLEANUP)


CASES = (
    tried(
        "a pattern is a regular expression of Go",
        {
            r"^((?i)all|none)$": ("ALL", "NONE", "x"),
            r"^\p{L}+$": ("äß", "中文", "a1"),
            r"^\p{greek}$": ("α", "a"),
            r"^[\w-.]+$": ("a-b.c_1", "a b", "é"),
            r"^(?<n>a)(?P<n>b)$": ("ab", "a"),
            r"^\Qa.b\E$": ("a.b", "axb"),
            r"^(?U)a+$": ("aaa", "b"),
            r"^[[:alpha:]]+$": ("abc", "a:", "ab1"),
            r"^[a-z]+$": ("abc", "abc\n"),
            r"^a{,3}$": ("a{,3}", "aa", ""),
            r"^\s$": (" ", "\v", "\u00a0", "\f"),
            r"^(a+)+$": ("a" * 28, "a" * 28 + "b"),
            r"^\d\z": ("1", "٣", "1\n"),
            r"(?s)^.$": ("\n", "é", "😀"),
            r"^[^\x00-\x{FFFF}]$": ("😀", "é"),
        },
    ),
    case(
        "a pattern that Go refuses is refused with its definition",
        *(
            post(CRDS, patterned(pattern))
            for pattern in (
                *(
                    "(?=a)",
                    "(?!a)",
                    "(?<=a)b",
                    "(?<!a)b",
                    r"(a)\1",
                    r"a\Z",
                    "(?u)a",
                    r"\C",
                    "(",
                    "a)",
                    "[a",
                    "*",
                    "a**",
                    "a++",
                ),
                *(
                    "a{1001}",
                    "(a{1000}){1000}",
                    "a{2,1}",
                    r"\p{Foo}",
                    "[b-a]",
                    "[[:foo:]]",
                    "a\\",
                    "(?P=n)",
                    "(?P<n",
                    "(?<é>a)",
                ),
                *(
                    r"\x{110000}",
                    r"\x{",
                    r"\8",
                    r"\u0041",
                    "(?#a)",
                    "(?>a)",
                    "(?i-)",
                    r"\E",
                    "a{99999999999}",
                    r"a**\C",
                ),
                "(" * 1000 + "a" + ")" * 1000,
            )
        ),
        cleanup=CLEANUP,
    ),
    formatted(
        "formats judge digits, spaces and lengths as Go does",
        {
            "ssn": ("123-45-6789", "123456789", "123 45 6789", "123-45-678٣"),
            "hostname": (
                "a",
                "my-host",
                "m-yhost",
                "a-",
                "-a",
                "a.b",
                "a.bc",
                "a-b.example.com",
                "é.example",
                "a€b.example",
                "a_b.example",
                "a..bc",
            ),
            "date-time": (
                "2026-11-29T23:50:00Z",
                "2026-11-29T23:50:00ZTx",
                "2026-11-29 23:50:00Z",
                "2026-11-29t23:50:00.5z",
                "٢٠٢٦-11-29T23:50:00Z",
            ),
            "duration": ("1h", "3 days", "١h", "1d", "x", "5µs", "1.5h", "2 HOURS", "7weeks"),
            "isbn13": ("978-3-16-148410-0", "978316148410٠", "978\u00a03161484100"),
            "isbn10": ("3-16-148410-X", "3161484100"),
            "creditcard": ("4111 1111 1111 1111", "4111111111111112"),
            "rgbcolor": ("rgb(1, 2, 3)", "rgb(1,\v2,3)", "rgb(256,0,0)"),
            "hexcolor": ("#fff", "FFFFFF", "#ffff", "#fff\n"),
            "uuid": ("A987FBC9-4BED-3078-CF07-9141BA07C9F3", "a987fbc94bed3078cf079141ba07c9f3", "x"),
            "byte": ("YQ==", "YQ", "", "YWI=\n"),
            "mac": ("01:23:45:67:89:ab", "0123.4567.89AB", "01:23:45:67:89"),
            "bsonobjectid": ("507f1f77bcf86cd799439011", "507f"),
        },
    ),
    judged(
        "CEL matches, find and findAll read Go's regular expressions",
        ruled(
            {"rule": "!has(self.a) || self.a.matches('^(?i)[a-z]+$')", "message": "matches"},
            {"rule": r"!has(self.b) || self.b.find('[[:alpha:]]+') == 'ab'", "message": "find"},
            {"rule": r"!has(self.c) || self.c.findAll('a*') == ['a', '', '']", "message": "findAll"},
            {"rule": "!has(self.d) || 'text'.matches(self.d)", "message": "own"},
            {"rule": "!has(self.e) || 'text'.find(self.e) != ''", "message": "own"},
            {"rule": "!has(self.f) || 'text'.findAll(self.f).size() > 0", "message": "own"},
            **dict.fromkeys("abcdef", TEXT),
        ),
        {"a": "aBc"},
        {"a": "a\n"},
        {"b": "1ab2"},
        {"b": "1a2"},
        {"c": "abc"},
        {"c": "b"},
        *({name: pattern} for name in "def" for pattern in ("t", "z", r"\p{L}+", "(", r"(?=t)", r"t\Z")),
        *({name: r"\C"} for name in "ef"),
    ),
    *(
        case(
            f"a rule of CEL with a pattern that Go refuses: {call}",
            post(CRDS, ruled(f"self.a.{call}", a=TEXT)),
            post(CRDS, ruled(f"size(self.a) < 2 || self.a.{other}", a=TEXT)),
            cleanup=CLEANUP,
        )
        for call, other in (
            ("matches('(')", r"matches('\\C')"),
            ("matches('a(?!b)') && ['x'].all(x, x.matches('é**'))", "matches('a') || 'é'.matches(')')"),
            ("find('(') == ''", r"find('\\C') == ''"),
            ("findAll('(?=a)').size() == 0", r"findAll('a\\Z', 1).size() == 0"),
        )
    ),
    case(
        "a message of CEL with a pattern that Go refuses",
        post(CRDS, ruled({"rule": "self.a == 'x'", "messageExpression": "self.a.find('(')"}, a=TEXT)),
        post(CRDS, ruled({"rule": "self.a == 'x'", "messageExpression": "string(self.a.matches('('))"}, a=TEXT)),
        post(CRDS, ruled({"rule": "!oldSelf.hasValue() || self.a.matches('é(')", "optionalOldSelf": True}, a=TEXT)),
        cleanup=CLEANUP,
    ),
)
