"""An object that is nested more deeply than the decoder follows is skipped by name, and all others are there."""

import json
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from plugin_operator.cache import InformerFactory, State
from plugin_operator.cache.reflector.wire import NestedTooDeeply, WireReader
from plugin_operator.client.deep_json import cut
from plugin_operator.client.list_pages import each_page
from plugin_operator.errors import ApiConnectionError, api_error
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.cache.script import KEY, WIDGET, Script, bookmark, event, metadata, page, resource, state_of

# Deeper than the decoder follows on each Python: 998 levels on 3.11, nearly 10,000 since 3.12.
LEVELS = 20_000
REASON = "example.org/v1/Widget ns/deep is nested more than 500 levels deep"


def with_deep(document: dict[str, Any], levels: int = LEVELS) -> bytes:
    """Return JSON whose text "deep here" is an array of many levels, with brackets in a text inside."""
    return json.dumps(document).encode().replace(b'"deep here"', b"[" * levels + b'"]}[\\"]"' + b"]" * levels)


DEEP = {"metadata": metadata("5", "deep"), "x": {"y": ["deep here", 1]}, "z": "ä"}


async def _skipped(script: Script, clock: VirtualClock, factory: InformerFactory) -> tuple[list[str], list[str]]:
    """Return the names in the cache, and why objects were skipped."""
    with capture_logs() as logs:
        informer = factory.acquire(KEY)
        await clock.settle()
    assert (state_of(informer), script.open) == (State.WATCHING, 1)
    skipped = [each["reason"] for each in logs if each["event"] == "Object skipped, it cannot be decoded"]
    return sorted(each["metadata"]["name"] for each in informer.lister.list()), skipped


async def test_a_page_has_the_other_objects(script: Script, clock: VirtualClock, factory: InformerFactory) -> None:
    listed = page("5", "a", "b")
    listed["items"].insert(1, DEEP)
    script.answers = [api_error(422, "Invalid", "no"), with_deep(listed), []]

    assert await _skipped(script, clock, factory) == (["a", "b"], [REASON])


async def test_a_streaming_list_has_the_other_objects_at_once(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    deep = with_deep({"type": "ADDED", "object": DEEP}) + b"\n"
    script.answers = [[event("ADDED", "5", "a"), deep, event("ADDED", "5", "b"), bookmark("7", end=True)]]

    assert await _skipped(script, clock, factory) == (["a", "b"], [REASON])


async def test_a_read_page_by_page_names_the_object() -> None:
    async def fetch(_: Any) -> bytes:
        return with_deep({"items": [{"metadata": metadata("5", "a")}, DEEP]})

    with pytest.raises(ApiConnectionError, match=r"ns/deep: nested more than 500 levels deep"):
        _ = [each async for each in each_page(fetch, resource())]


def test_an_object_that_the_decoder_follows_stays_whole() -> None:
    listed = with_deep({"items": [DEEP]}, 400)
    (item,) = msgspec.json.decode(cut(listed), type=dict[str, list[msgspec.Raw]])["items"]

    assert cut(listed) == listed
    assert WireReader(WIDGET).item_of_cut(bytes(item)).name == "deep"


def test_an_object_without_a_name_is_malformed_like_any_other() -> None:
    line = with_deep({"type": "ADDED", "object": {"x": "deep here"}})
    with pytest.raises(Exception, match="is no object") as raised:
        WireReader(WIDGET).event(line)
    assert not isinstance(raised.value, NestedTooDeeply)


def test_a_list_of_what_is_nested_too_deeply_and_no_object_is_none() -> None:
    with pytest.raises(ApiConnectionError, match="is no object"):
        WireReader(WIDGET).item_of_cut(cut(with_deep({"x": "deep here"})))
