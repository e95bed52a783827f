"""What the reflector asks for, how long it waits and what it shows, step by step on a virtual clock."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from plugin_operator import BadRequestError, ForbiddenError, NotFoundError
from plugin_operator.cache import InformerFactory, InformerKey, State, time_slice
from plugin_operator.cache.handlers import Distributor
from plugin_operator.cache.reflector.stream_health import WATCH_RESTARTS
from plugin_operator.cache.reflector.watch_stream import Position, WatchStream
from plugin_operator.cache.reflector.wire import WireReader
from plugin_operator.cache.store import Store
from plugin_operator.client import ApiRequest
from plugin_operator.clock import SystemClock
from plugin_operator.errors import ApiConnectionError, NoMatchError, api_error
from plugin_operator.metrics import Metrics
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.unit.cache.script import KEY, WIDGET, Script, bookmark, event, page, resource, state_of, stored


@pytest.mark.parametrize(
    "failure",
    [api_error(400), [event("ADDED", "4", "x"), ApiConnectionError("cut")], [Script.END]],
    ids=["refused", "cut", "ended"],
)
async def test_a_streaming_list_is_tried_again_ten_minutes_after_it_failed(
    script: Script, clock: VirtualClock, factory: InformerFactory, failure: list[Any] | BadRequestError
) -> None:
    expired, later = api_error(410, "Expired"), asyncio.Event()
    script.answers = [failure, page("5", "a"), expired, page("6", "a"), [later, expired]]
    informer = factory.acquire(KEY)
    for _ in range(8):
        await clock.advance(30)
    assert ["sendInitialEvents" in ask for ask in script.asked] == [True, False, False, False, False]
    script.answers = [[event("ADDED", "8", "b"), bookmark("9", end=True)]]
    await clock.advance(600)
    later.set()
    await clock.advance(30)
    assert "sendInitialEvents" in script.asked[-1]
    assert (informer.state, informer.lister.keys()) == (State.WATCHING, [("ns", "b")])


async def test_a_streaming_list_becomes_the_watch(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    script.answers = [[event("ADDED", "5"), bookmark("7", end=True), event("MODIFIED", "8"), bookmark("9")]]
    informer = factory.acquire(KEY)
    assert not informer.has_synced
    await clock.settle()
    await informer.wait_synced()
    assert (informer.state, informer.resource_version) == (State.WATCHING, "9")
    assert stored(informer, "ns/a").resource_version == "8"
    asked = script.asked[0]
    assert asked["path"] == "/apis/example.org/v1/namespaces/ns/widgets"
    assert (asked["sendInitialEvents"], asked["resourceVersionMatch"]) == ("true", "NotOlderThan")
    assert 300 <= int(asked["timeoutSeconds"]) <= 600


async def test_a_server_without_streaming_lists_is_asked_for_pages_at_once(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    script.answers = [api_error(422, "Invalid", "no"), page("5", "a", "b", token="t"), page("5", "c"), []]
    informer = factory.acquire(KEY)
    await clock.settle()
    assert state_of(informer) is State.WATCHING
    assert [ask.get("continue") for ask in script.asked[1:3]] == [None, "t"]
    assert script.asked[3]["resourceVersion"] == "5"
    assert len(informer.lister) == 3
    assert stored(informer, "ns/a").decode()["kind"] == "Widget"


async def test_a_streaming_list_that_breaks_goes_on_in_pages(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    script.answers = [[event("ADDED", "5", "gone"), ApiConnectionError("cut")], page("6", "a"), []]
    informer = factory.acquire(KEY)
    await clock.settle()
    assert state_of(informer) is State.BACKING_OFF
    assert "cut" in informer.reason
    await clock.advance(1)
    assert state_of(informer) is State.WATCHING
    assert informer.lister.keys() == [("ns", "a")]


async def test_a_page_that_expired_makes_the_list_come_in_one_piece(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    script.answers = [api_error(422), page("5", "a", "b", token="t"), api_error(410, "Expired"), page("8", "b"), []]
    informer = factory.acquire(KEY)
    await clock.settle()
    assert "limit" not in script.asked[3]
    assert informer.lister.keys() == [("ns", "b")]


async def test_large_objects_come_in_shorter_pages(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    large = page("5", *"abcdefghi", token="t", size=10**6)
    script.answers = [api_error(422), large, page("5", "z"), []]
    factory.acquire(KEY)
    await clock.settle()
    assert (script.asked[1]["limit"], script.asked[2]["limit"]) == ("500", "250")


async def test_an_object_that_cannot_be_read_is_left_out_of_a_list(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    broken = page("5", "a")
    broken["items"].append({"metadata": {"name": 7}})
    script.answers = [api_error(422), broken, []]
    informer = factory.acquire(KEY)
    await clock.settle()
    assert informer.lister.keys() == [("ns", "a")]


async def test_a_line_that_cannot_be_read_is_sent_again_and_then_left_out(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    poison = b'{"type":"ADDED","object":{"metadata":{"name":7}}}\n'
    script.answers = [
        [event("ADDED", "4"), bookmark("5", end=True), poison],
        page("5", "a"),
        [poison, event("ADDED", "7")],
    ]
    informer = factory.acquire(KEY)
    await clock.settle()
    assert state_of(informer) is State.BACKING_OFF
    await clock.advance(1)
    assert state_of(informer) is State.WATCHING
    assert script.asked[2]["resourceVersion"] == "5"
    assert informer.resource_version == "7"


async def test_after_a_break_the_watch_resumes_where_it_was_if_history_still_reaches_there(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    broken = [bookmark("5", end=True), event("ADDED", "6"), ApiConnectionError("reset")]
    script.answers = [broken, page("9", "a"), []]
    informer = factory.acquire(KEY)
    await clock.advance(1)
    assert script.asked[1]["fieldSelector"] == "metadata.name=a"
    assert script.asked[2]["resourceVersion"] == "6"
    assert state_of(informer) is State.WATCHING


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([page("9")], id="what was there is gone"),
        pytest.param([page("9", "a", uid="new")], id="it has another uid"),
        pytest.param([page("9", "b")], id="the server answers something else"),
        pytest.param([ApiConnectionError("connection refused")], id="nobody answers"),
        pytest.param([api_error(503)], id="it fails"),
        pytest.param([api_error(400, "BadRequest", "field label not supported")], id="it knows no such selector"),
    ],
)
async def test_after_a_break_everything_is_listed_again_where_history_is_not_proven(
    script: Script, clock: VirtualClock, factory: InformerFactory, answers: list[Any]
) -> None:
    broken = [bookmark("5", end=True), event("ADDED", "6"), ApiConnectionError("reset")]
    script.answers = [broken, *answers, [event("ADDED", "7", "b"), bookmark("8", end=True)]]
    informer = factory.acquire(KEY)
    await clock.advance(2)
    assert script.asked[2]["sendInitialEvents"] == "true"
    assert informer.lister.keys() == [("ns", "b")]


async def test_after_a_break_an_empty_cache_is_listed_again(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    script.answers = [[bookmark("5", end=True), ApiConnectionError("reset")], [bookmark("8", end=True)]]
    informer = factory.acquire(KEY)
    await clock.advance(1)
    assert script.asked[1]["sendInitialEvents"] == "true"
    assert informer.resource_version == "8"


async def test_the_question_after_a_break_has_the_informers_selectors(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    broken = [bookmark("5", end=True), event("ADDED", "6"), ApiConnectionError("reset")]
    script.answers = [broken, page("9", "a"), []]
    factory.acquire(InformerKey(WIDGET, None, "x=y", "spec.z=1"))
    await clock.advance(1)
    assert script.asked[1]["path"] == "/apis/example.org/v1/namespaces/ns/widgets"
    assert script.asked[1]["labelSelector"] == "x=y"
    assert script.asked[1]["fieldSelector"] == "spec.z=1,metadata.name=a"


async def test_a_server_that_went_back_is_listed_again(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    gone = [bookmark("50", end=True), event("ADDED", "60"), Script.END]
    script.answers = [gone, page("9"), [event("ADDED", "4", "b"), bookmark("9", end=True)]]
    informer = factory.acquire(KEY)
    await clock.advance(1)
    assert informer.lister.keys() == [("ns", "b")]
    assert informer.resource_version == "9"


async def test_an_old_bookmark_shows_that_the_server_went_back(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    script.answers = [[bookmark("50", end=True), bookmark("9")], [bookmark("9", end=True)]]
    informer = factory.acquire(KEY)
    await clock.advance(1)
    assert informer.resource_version == "9"
    assert state_of(informer) is State.WATCHING


async def test_versions_that_are_no_numbers_are_never_compared(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    script.answers = [[bookmark("z", end=True), event("ADDED", "b"), event("MODIFIED", "a"), Script.END]]
    script.answers += [page("x", "a"), []]
    informer = factory.acquire(KEY)
    await clock.advance(1)
    assert stored(informer, "ns/a").resource_version == "a"
    assert script.asked[-1]["resourceVersion"] == "a"


@pytest.mark.parametrize("expiry", ["answer", "event"])
async def test_an_expired_position_is_listed_again(
    script: Script, clock: VirtualClock, factory: InformerFactory, expiry: str
) -> None:
    status = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
    second = api_error(410, "Expired") if expiry == "answer" else [status]
    first = [event("ADDED", "4"), bookmark("5", end=True), ApiConnectionError("x")]
    script.answers = [first, page("9", "a"), second, [bookmark("9", end=True)]]
    informer = factory.acquire(KEY)
    await clock.advance(3)
    assert [("sendInitialEvents" in ask) for ask in script.asked] == [True, False, False, True]
    assert informer.resource_version == "9"


async def test_a_watch_that_ends_at_its_time_is_opened_again_without_a_pause(
    script: Script, clock: VirtualClock, factory: InformerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    informer = factory.acquire(KEY)
    timer = asyncio.Event()

    class Patient:
        def __init__(self) -> None:
            self.first = True

        async def read(self) -> bytes:
            if self.first:
                self.first = False
                return json.dumps(bookmark("5", end=True)).encode() + b"\n"
            await timer.wait()
            return b""

    @asynccontextmanager
    async def stream(request: ApiRequest) -> AsyncIterator[Any]:
        script.asked.append(dict(request.query))
        yield Patient()

    with monkeypatch.context() as patched:
        patched.setattr(script, "stream", stream)
        await clock.settle()
        await clock.advance(700)
        timer.set()
    await clock.settle()
    assert state_of(informer) is State.WATCHING
    assert [ask.get("resourceVersion") for ask in script.asked] == [None, "5"]


async def test_a_missing_kind_is_waited_for_and_noticed_within_two_seconds(
    script: Script, clock: VirtualClock, factory: InformerFactory, metrics: Metrics
) -> None:
    script.resource = NoMatchError("no such kind")
    informer = factory.acquire(KEY)
    await clock.settle()
    assert (informer.state, informer.is_waiting, informer.reason) == (State.WAITING, True, "no such kind")
    await clock.advance(60)
    assert state_of(informer) is State.WAITING
    script.resource = resource()
    script.answers = [[bookmark("5", end=True)]]
    await clock.advance(2)
    assert (informer.state, informer.reason) == (State.WATCHING, "")
    assert metrics.family(WATCH_RESTARTS).get(str(WIDGET), "kind missing") > 40


@pytest.mark.parametrize(("error", "seconds"), [(api_error(403, "Forbidden", "no"), 30), (api_error(404), 2)])
async def test_what_the_server_does_not_allow_is_tried_again_until_it_does(
    script: Script, clock: VirtualClock, factory: InformerFactory, error: ForbiddenError | NotFoundError, seconds: int
) -> None:
    script.answers = [error]
    informer = factory.acquire(KEY)
    await clock.settle()
    assert state_of(informer) is State.WAITING
    script.answers = [[bookmark("5", end=True)]]
    await clock.advance(seconds)
    assert state_of(informer) is State.WATCHING


async def test_a_refused_selector_waits_with_the_servers_words(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    script.answers = [api_error(400, "BadRequest", "field label not supported")] * 2
    informer = factory.acquire(KEY)
    await clock.settle()
    assert state_of(informer) is State.WAITING
    assert "field label not supported" in informer.reason


async def test_a_missing_verb_is_named(script: Script, clock: VirtualClock, factory: InformerFactory) -> None:
    script.resource = resource("get", "list")
    informer = factory.acquire(KEY)
    await clock.settle()
    assert state_of(informer) is State.WAITING
    assert "does not support watch" in informer.reason
    assert script.invalidated > 0


async def test_a_kind_that_appears_is_followed_within_two_seconds_whatever_went_before(
    script: Script, clock: VirtualClock, factory: InformerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real server serves the kind, and for a second says 429 because the storage behind it is still starting."""
    monkeypatch.setattr("random.random", lambda: 0.999)
    script.answers = [[bookmark("5", end=True), ApiConnectionError("cut")], *[ApiConnectionError("cut")] * 20]
    informer = factory.acquire(KEY)
    await clock.advance(60)
    script.resource, script.answers = NoMatchError("no such kind"), [api_error(404, "NotFound")] * 2
    await clock.advance(40)
    assert state_of(informer) is State.WAITING
    script.resource = resource()
    script.answers = [api_error(429, retry_after_seconds=1), [event("ADDED", "9", "new"), bookmark("9", end=True)]]
    await clock.advance(2)
    assert (informer.state, informer.lister.keys()) == (State.WATCHING, [("ns", "new")])


async def test_a_permission_that_is_granted_is_used_within_thirty_seconds(
    script: Script, clock: VirtualClock, factory: InformerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.random", lambda: 0.999)
    script.answers = [api_error(403, "Forbidden")] * 20
    informer = factory.acquire(KEY)
    await clock.advance(60)
    assert state_of(informer) is State.WAITING
    script.answers = [[bookmark("5", end=True)]]
    await clock.advance(30)
    assert state_of(informer) is State.WATCHING


async def test_a_kind_whose_conversion_fails_waits_and_is_followed_once_it_is_healed(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    """What kube-apiserver says: nothing of use in a streaming list, the reason in a page."""
    words = "conversion webhook for example.org/v2, Kind=Widget failed: connection refused"
    streamed = {"type": "ERROR", "object": {"kind": "Status", "code": 504, "message": "Too large resource version: 5"}}
    script.answers = [[streamed], *[api_error(500, "", words)] * 3]
    informer = factory.acquire(KEY)
    with capture_logs() as lines:
        await clock.advance(20)
    assert state_of(informer) is State.WAITING
    assert words in informer.reason
    assert [line["event"] for line in lines] == ["Stream restarts", "Informer is waiting"]
    script.answers = [page("5", "a"), []]
    await clock.advance(30)
    assert (informer.state, informer.lister.keys()) == (State.WATCHING, [("ns", "a")])


async def test_an_outage_is_logged_when_it_begins_and_when_it_is_over(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    now = asyncio.Event()
    first = [event("ADDED", "4"), bookmark("5", end=True), ApiConnectionError("reset")]
    refused = [ApiConnectionError("refused")] * 9
    script.answers = [
        first,
        *refused,
        [event("ADDED", "6"), bookmark("7", end=True), now, bookmark("8"), bookmark("9")],
    ]
    with capture_logs() as lines:
        informer = factory.acquire(KEY)
        await clock.advance(200)
        assert state_of(informer) is State.WATCHING
        now.set()
        await clock.settle()
    told = [line["event"] for line in lines if line["log_level"] != "debug"]
    assert told == ["Stream restarts", "Stream is healthy again"]
    assert len(lines) == 2 + len(refused)


async def test_an_outage_of_another_kind_is_news(script: Script, clock: VirtualClock, factory: InformerFactory) -> None:
    refused = [ApiConnectionError("refused")] * 2
    script.answers = [*refused, api_error(500), api_error(500), page("5", "a"), []]
    with capture_logs() as lines:
        factory.acquire(KEY)
        await clock.advance(60)
    told = [line["outcome"] for line in lines if line["log_level"] == "info"]
    assert told == ["broken", "server failed"]


async def test_an_outage_that_shows_itself_in_turns_is_told_once_in_each_way(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    script.answers = [*[ApiConnectionError("refused"), api_error(500)] * 4, page("5", "a"), []]
    with capture_logs() as lines:
        factory.acquire(KEY)
        await clock.advance(200)
    told = [line["outcome"] for line in lines if line["event"] == "Stream restarts" and line["log_level"] == "info"]
    assert told == ["broken", "server failed"]


async def test_a_forbidden_watch_keeps_what_the_store_has(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    script.answers = [[event("ADDED", "5"), bookmark("5", end=True), ApiConnectionError("x")], api_error(403)]
    informer = factory.acquire(KEY)
    await clock.advance(1)
    assert state_of(informer) is State.WAITING
    assert informer.has_synced
    assert len(informer.lister) == 1


async def test_a_throttling_server_gets_the_time_it_asks_for(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    script.answers = [api_error(429, retry_after_seconds=30), [bookmark("5", end=True)]]
    informer = factory.acquire(KEY)
    await clock.advance(29)
    assert len(script.asked) == 1
    await clock.advance(2)
    assert state_of(informer) is State.WATCHING


async def test_pauses_grow_while_nothing_helps(script: Script, clock: VirtualClock, factory: InformerFactory) -> None:
    script.answers = [ApiConnectionError("refused")] * 1000
    factory.acquire(KEY)
    await clock.advance(10)
    early = len(script.asked)
    await clock.advance(300)
    assert 4 <= early <= 8
    assert len(script.asked) - early < 35


async def test_selectors_and_metadata_only_are_part_of_the_request(
    script: Script, clock: VirtualClock, factory: InformerFactory
) -> None:
    key = InformerKey(WIDGET, None, "b==c, a in (y,x)", "metadata.name=z", metadata_only=True)
    script.answers = [api_error(422)]
    informer = factory.acquire(key)
    await clock.settle()
    assert script.asked[0]["path"] == "/apis/example.org/v1/widgets"
    assert script.asked[0]["labelSelector"] == "a in (x,y),b=c"
    assert script.asked[0]["fieldSelector"] == "metadata.name=z"
    assert "as=PartialObjectMetadata;" in script.asked[0]["accept"]
    assert "as=PartialObjectMetadataList;" in script.asked[1]["accept"]
    assert "with a in (x,y),b=c and metadata.name=z" in str(informer.key)


async def test_an_informer_is_shared_until_its_last_user_lets_go(
    script: Script, clock: VirtualClock, factory: InformerFactory, metrics: Metrics
) -> None:
    script.answers = [[bookmark("5", end=True)]]
    first = factory.acquire(InformerKey(WIDGET, label_selector="a==b"))
    assert factory.acquire(InformerKey(WIDGET, label_selector=" a=b")) is first
    await clock.settle()
    assert (script.open, factory.informers()) == (1, (first,))
    await factory.release(first)
    assert script.open == 1
    assert b'plugin_operator_informer_synced{kind="example.org/v1/Widget",namespace=""} 1.0' in metrics.render("")[1]
    await factory.release(first)
    assert (script.open, factory.informers()) == (0, ())
    assert first.state is State.STOPPED
    with pytest.raises(ValueError, match="more often"):
        await factory.release(first)
    assert factory.acquire(InformerKey(WIDGET, label_selector="a=b")) is not first


async def test_a_burst_lets_other_tasks_run(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_slice, "SLICE_SECONDS", 0.0)
    store = Store(Distributor(Metrics(), SystemClock()))
    feed = WatchStream(store, WireReader(WIDGET), Position(), SystemClock())
    burst = b"".join(json.dumps(event("ADDED", str(n), f"n{n}")).encode() + b"\n" for n in range(3200))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await feed.consume(burst)
    task.cancel()
    assert len(store) == 3200
    assert turns >= 90
