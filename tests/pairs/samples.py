"""Values that a schema alone does not show, by kind and path.

The first third of each list fits, so that other objects of the kind have them.
"""

# ruff: noqa: RUF001 Letters that look alike are what a pattern has to tell apart.

from typing import Any

SAMPLES: dict[str, dict[str, list[Any]]] = {
    "Pattern": {
        "spec.lower": ["abc", "z", "q" * 40, "abc\n", "\nabc", "Abc", "ab1", "", "é", "a b"],
        "spec.greek": ["α", "abcω", "Ω1", "abc", "", "\\p{Greek}", "µ", "GREEK"],
        "spec.address": [
            "10.0.0.1",
            "1.2.3.4",
            "999.9.9.9",
            "1.2.3",
            "1.2.3.4\n",
            "١.2.3.4",
            "1234.1.1.1",
            "a.b.c.d",
            "",
        ],
    },
    "Format": {
        "spec.day": ["2026-02-28", "2024-02-29", "2026-02-30", "2026-2-3", "2026-02-28T00:00:00Z", ""],
        "spec.id": [
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "6BA7B8109DAD11D180B400C04FD430C8",
            "6ba7b810",
            "",
            "x" * 36,
        ],
        "spec.address": ["10.0.0.1", "255.255.255.255", "::1", "256.1.1.1", "10.0.0", "010.0.0.1"],
        "spec.network": ["10.0.0.0/8", "fd00::/8", "10.0.0.1", "10.0.0.0/33", "10.0.0.1/8"],
        "spec.mail": ["a@example.com", "a.b@c.d", "a@", "a", "A <a@example.com>"],
        "spec.host": ["example.com", "a", "-a.com", "a_b", "x" * 64, "example.com."],
        "spec.link": ["https://example.com/a?b", "/a", "example.com", "http://[", ""],
        "spec.wait": ["5m", "1h30m", "5", "5 minutes", "-3s", "P1D", "1 day"],
    },
    "Amount": {
        "spec.memory": ["1Gi", "500m", 3, "1e3", "+.5", "1gi", "Gi", "", "1 Gi", 1.5, "1E", "-1", "1Ki\n"],
        "spec.limits": [{"cpu": "1", "memory": "1Gi"}, {}, {"cpu": 1}, {"cpu": "x"}, {"cpu": None}, {"cpu": 1.5}],
    },
    "Times": {
        "spec.start": ["2026-01-02T03:04:05Z", "2026-01-02t03:04:05z", "2026-01-02", "2026-01-02 03:04:05Z", "now", ""],
        "spec.end": ["2026-01-02T03:04:05.678901Z", "2026-01-02T03:04:05+25:00", "2026-13-02T03:04:05Z"],
        "spec.every": ["5m", "1h2m3s", "soon", ""],
    },
    "Bytes": {
        "spec.key": ["aGVsbG8=", "AAEC", "aGVsbG8", "a-b_", "€", "=", "aGVs bG8=", "aGVs\nbG8="],
        "spec.files": [{"a": "aGVsbG8="}, {"a": "x"}, {"a": 1}, {"a": None}],
    },
    "Embedded": {
        "spec.template": [
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"any": 1}},
            {"apiVersion": "apps/v1", "kind": "Deployment"},
            {"apiVersion": "v1", "kind": "Pod"},
            {"kind": "Pod"},
            {"apiVersion": "v1"},
            {"apiVersion": "a/b/c", "kind": "Pod"},
            {"apiVersion": "v1", "kind": "pod name"},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "A_b"}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 5}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"-": "x"}}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"unknown": "x"}},
        ],
    },
    "Ruled": {
        "spec.least": [1, 2, 5, 50, -1],
        "spec.most": [5, 7, 10, 99, 100, 101, 0],
        "spec.name": ["rain", "root", "r", "sun", "", "r" * 20, "r" * 21],
    },
    "Transition": {
        "spec.fixed": ["first", "first", "second", "", "First"],
        "spec.growing": [5, 6, 4, 0, -1, 2**40],
    },
    "Union": {
        "spec": [
            {"file": "a"},
            {"address": "a", "user": "u"},
            {"file": "a", "token": "t"},
            {"file": "a", "address": "b"},
            {},
            {"user": "u"},
            {"file": "", "address": ""},
            {"file": "a", "user": "u", "token": "t"},
            {"user": "u", "token": "t"},
            {"file": "a", "address": "b", "user": "u", "token": "t"},
            {"file": None, "address": "b"},
        ],
    },
    "SetList": {
        "spec.names": [["a", "b"], ["c"], ["a", "a"], ["a", "b", "a"], ["a", "A"], [None]],
        "spec.numbers": [[1, 2], [3], [1, 1], [1, 1.0], [2, 1, 2]],
    },
    "MapList": {
        "spec.parts": [
            [{"name": "a"}, {"name": "b", "count": 2}],
            [{"name": "a", "count": 1}],
            [{"name": "a"}, {"name": "a", "count": 2}],
            [{"count": 2}],
            [{"name": None}],
            [{"name": "a", "colour": "red"}],
        ],
        "spec.ports": [
            [{"port": 80}, {"port": 80, "protocol": "UDP"}],
            [{"port": 80}],
            [{"port": 80}, {"port": 80, "protocol": "TCP"}],
            [{"port": 80, "protocol": "UDP"}, {"port": 80, "protocol": "UDP"}],
            [{"protocol": "TCP"}],
            [{"port": 80, "protocol": None}, {"port": 80}],
        ],
    },
}
