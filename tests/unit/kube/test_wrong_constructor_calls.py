"""A call of a class of fields with the wrong arguments raises an error that names the right ones, wherever it runs."""

from typing import Any

import pytest

from plugin_operator import Condition, Metadata, Struct
from plugin_operator.kinds import core_v1

LACKING = "Condition() lacks the arguments 'last_transition_time', 'reason' and 'message': its arguments are"


class SiteStatus(Struct):
    ready_pages: int = 0
    url: str = ""


class Page(Struct):
    path: str
    text: str
    title: str = ""


class Checked(Struct):
    size: int = 1

    def __post_init__(self) -> None:
        if self.size < 0:
            raise TypeError("size is negative")


@pytest.mark.parametrize(
    ("cls", "arguments", "words"),
    [
        (SiteStatus, {"redy_pages": 1}, "SiteStatus() has no argument 'redy_pages': did you mean 'ready_pages'?"),
        (SiteStatus, {"readyPages": 1}, "SiteStatus() has no argument 'readyPages': did you mean 'ready_pages'?"),
        (SiteStatus, {"zzz": 1}, "SiteStatus() has no argument 'zzz': its arguments are ready_pages, url"),
        (Metadata, {"lables": {}}, "Metadata() has no argument 'lables': did you mean 'labels'?"),
        (core_v1.Container, {"img": "a"}, "Container() has no argument 'img': did you mean 'image'?"),
        (Page, {}, "Page() lacks the arguments 'path' and 'text': its arguments are path, text, title"),
        (Page, {"path": "a"}, "Page() lacks the argument 'text': its arguments are path, text, title"),
        (Page, {"path": "a", "txet": "b"}, "Page() has no argument 'txet': did you mean 'text'?"),
        (
            Condition,
            {"type": "Ready", "status": "True"},
            f"{LACKING} type, status, last_transition_time, reason, message, observed_generation",
        ),
    ],
)
def test_an_argument_that_is_unknown_or_missing_is_named(cls: Any, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError) as raised:
        cls(**arguments)
    assert str(raised.value) == words


def test_an_argument_without_its_name_is_refused_with_the_way_to_write_it() -> None:
    cls: Any = SiteStatus
    with pytest.raises(TypeError) as raised:
        cls(1)
    assert str(raised.value) == "SiteStatus() takes its arguments by name: write SiteStatus(ready_pages=…)"


def test_an_exception_of_the_class_itself_is_left_alone() -> None:
    with pytest.raises(TypeError, match=r"^size is negative$"):
        Checked(size=-1)
