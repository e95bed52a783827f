"""Warnings of the API server become log lines: once per text and controller, with the object, in bounded memory."""

from collections.abc import Mapping

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from plugin_operator.client.http.api_request import ApiRequest
from plugin_operator.client.http.request_path import is_whole_object, kind_at, object_of
from plugin_operator.client.http.server_warnings import _REMEMBERED, ServerWarnings
from plugin_operator.kube import GroupVersionKind

PATH = "/apis/apps/v1/namespaces/web/deployments/shop"
NO_FIELDS: Mapping[str, str] = {}
ABOUT = {"plugin": "p", "revision": "1-a", "controller": "c"}


def heard(
    *headers: str, warnings: ServerWarnings | None = None, about: Mapping[str, str] = NO_FIELDS
) -> list[dict[str, object]]:
    with structlog.testing.capture_logs() as lines:
        (warnings or ServerWarnings()).log(headers, ApiRequest("PATCH", PATH, about=about))
    return [dict(line) for line in lines]


def texts(*headers: str) -> list[object]:
    return [line["warning"] for line in heard(*headers)]


def test_a_warning_is_logged_with_plugin_and_object() -> None:
    lines = heard('299 - "unknown field \\"spec.x\\""', about=ABOUT)
    assert lines == [
        {
            "event": "API server warns",
            "log_level": "warning",
            "warning": 'unknown field "spec.x"',
            "resource": "deployments",
            "namespace": "web",
            "name": "shop",
            **ABOUT,
        }
    ]


def test_each_text_is_logged_once_for_each_controller() -> None:
    warnings = ServerWarnings()
    for _ in range(50):
        heard('299 - "deprecated"', warnings=warnings)
    assert len(heard('299 - "deprecated"', warnings=warnings, about=ABOUT)) == 1
    assert heard('299 - "deprecated"', warnings=warnings, about=ABOUT) == []
    assert heard('299 - "deprecated"', warnings=warnings) == []
    assert len(heard('299 - "another"', warnings=warnings)) == 1


def test_memory_is_bounded_and_what_keeps_coming_stays_known() -> None:
    warnings = ServerWarnings()
    for number in range(3 * _REMEMBERED):
        heard(f'299 - "{number}"', '299 - "always"', warnings=warnings)
    assert len(warnings._known) <= _REMEMBERED
    assert heard('299 - "always"', warnings=warnings) == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (['299 - "one", 299 - "two"', '299 - "three"'], ["one", "two", "three"]),
        (['299 - "one, two" "Wed, 21 Oct 2015 07:28:00 GMT", 299 - "three"'], ["one, two", "three"]),
        (['299 agent "one"'], ["one"]),
        (['199 - "other code"', '299 - ""', "299 - one", '299 "one"', '299 - "no end'], []),
        (['299 - "a\nb\x1b[31m\udcff"'], ["a\ufffdb\ufffd[31m\ufffd"]),
        (['299 - "' + "x" * 5000 + '"'], ["x" * 1024]),
    ],
)
def test_headers_are_read_as_apimachinery_reads_them(headers: list[str], expected: list[str]) -> None:
    assert texts(*headers) == expected


def test_one_answer_cannot_fill_the_log() -> None:
    assert len(texts(*(f'299 - "{number}"' for number in range(1000)))) == 16


@given(st.text())
def test_any_text_may_be_a_header(text: str) -> None:
    texts(text, f'299 - "{text}"')


@pytest.mark.parametrize("text", [" " * 50_000, "299 - " * 10_000, '299 - "' * 10_000, "\\" * 50_000, "1" * 50_000])
@pytest.mark.timeout(10)
def test_no_header_takes_long(text: str) -> None:
    texts(text, f'299 - "{text}')


@pytest.mark.parametrize(
    ("path", "expected", "is_whole"),
    [
        ("/api/v1/pods", {"resource": "pods"}, True),
        ("/api/v1/nodes/n", {"resource": "nodes", "name": "n"}, True),
        ("/api/v1/namespaces/a", {"resource": "namespaces", "name": "a"}, True),
        ("/api/v1/namespaces/a/status", {"resource": "namespaces", "name": "a"}, False),
        ("/api/v1/namespaces/a/pods", {"namespace": "a", "resource": "pods"}, True),
        ("/apis/apps/v1/namespaces/a/deployments/d", {"namespace": "a", "resource": "deployments", "name": "d"}, True),
        (
            "/apis/apps/v1/namespaces/a/deployments/d/scale",
            {"namespace": "a", "resource": "deployments", "name": "d"},
            False,
        ),
        ("/version", {}, True),
        ("/", {}, True),
    ],
)
def test_a_path_names_its_object(path: str, expected: dict[str, str], is_whole: bool) -> None:
    assert object_of(path) == expected
    assert is_whole_object(path) is is_whole


def test_a_path_names_group_and_version() -> None:
    assert kind_at("/api/v1/pods") == GroupVersionKind("", "v1", "")
    assert kind_at("/apis/apps/v1/deployments") == GroupVersionKind("apps", "v1", "")
