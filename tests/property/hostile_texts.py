"""Texts that hurt: patterns, rules of CEL, and pieces that do not belong into JSON or YAML."""

PATTERNS = (
    "^(a+)+$", "(?i)x", "(", r"\p{L}", r"\pL{900}", "[[:alpha:]]", r"a\Z", r"\C", "(?=a)", "a{1001}", "(" * 1001,
    r"\x{", "\ud800", "\udfff[", "(?<n>a)", r"\Q", "a" * 40_000,
)  # fmt: skip
RULES = (
    "self.size > 0", "self.", "oldSelf == self", "1 / 0 == self.size", "self.word.matches('(')",
    "'x'.find(self.word) == ''", "self.parts.all(x, self.parts.all(y, x.k.matches(y.k)))", "dyn(self).none",
    "[1, 2].map(x, x * 1.5)[5] == 1", "self in self", "'a'.findAll(self.word, -5).size() == 0",
    "size(self) > 9223372036854775807", "true", "null", r"'\ud800' == self.word", "(" * 200,
    "self.parts.map(p, p.k).isSorted()", "sets.contains([1], self.free.x)", "self.word.split('').join() == ''",
)  # fmt: skip
TEXTS = ("", "x", "\x00", "\ud800", "x\udc00y", "\U0001f600", "\ud83d\ude00", "a" * 5000, "\u2028", *PATTERNS, *RULES)
#: Bytes that a body may be torn by.
TEARS = (
    b"", b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud83d\\ude00", b"\\ud800", b"\\U00110000", b"\\UFFFFFFFF",
    b"\"\\ud800\"", b"1e999", b"[" * 2000, b'{"a":' * 500, b"&a [*a, *a]", b"!!python/object:x", b"? ", b"- " * 900,
    b"\t", b"---\n", b"%TAG", b"NaN", b"-0", b"1" * 5000, b"0x" + b"f" * 5000, b"<<: *a", b"2026-13-45",
    b"\xef\xbb\xbf", b"'", b"|9\n", b"@", b"`", b"{a: b}: c",
)  # fmt: skip
