"""Pages that are rendered on the event loop take a part of it, however many clients ask."""

import asyncio

import pytest

from plugin_operator.serving.pacing import PacedPage


class Clockwork:
    """Time that renderings and pauses move forward, and nothing else does."""

    def __init__(self) -> None:
        self.seconds = self.rendered_seconds = 0.0
        self.renderings = 0

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        end = self.seconds + seconds
        await asyncio.sleep(0)
        self.seconds = max(self.seconds, end)

    def render(self) -> str:
        self.seconds += 0.01
        self.rendered_seconds += 0.01
        self.renderings += 1
        return f"page {self.renderings}"


@pytest.fixture
def clock() -> Clockwork:
    return Clockwork()


@pytest.fixture
def page(clock: Clockwork) -> PacedPage[str]:
    return PacedPage(monotonic=clock.now, sleep=clock.sleep)


async def test_a_client_alone_gets_a_fresh_page_at_once(clock: Clockwork, page: PacedPage[str]) -> None:
    assert await page.get("text", clock.render) == "page 1"


async def test_clients_that_come_in_the_pause_share_a_page_rendered_after_they_asked(
    clock: Clockwork, page: PacedPage[str]
) -> None:
    assert await page.get("text", clock.render) == "page 1"
    crowd = await asyncio.gather(*(page.get("text", clock.render) for _ in range(200)))
    assert set(crowd) == {"page 2"}
    assert clock.renderings == 2


async def test_each_form_has_a_page_of_its_own(clock: Clockwork, page: PacedPage[str]) -> None:
    await page.get("text", clock.render)
    both = await asyncio.gather(*(page.get(form, clock.render) for form in ("text", "json", "text")))
    assert (both[0], len(set(both))) == (both[2], 2)


async def test_rendering_takes_a_fifth_of_the_loop_at_most(clock: Clockwork, page: PacedPage[str]) -> None:
    for _ in range(50):
        await page.get("text", clock.render)
    assert clock.rendered_seconds / clock.seconds == pytest.approx(0.2, abs=0.01)


async def test_a_page_that_fails_is_rendered_anew_for_the_next_who_asks(clock: Clockwork, page: PacedPage[str]) -> None:

    def fail() -> str:
        raise ValueError("no page")

    with pytest.raises(ValueError, match="no page"):
        await page.get("text", fail)
    assert await page.get("text", clock.render) == "page 1"


async def test_a_page_is_kept_for_nobody_who_does_not_wait(clock: Clockwork, page: PacedPage[str]) -> None:
    await asyncio.gather(*(page.get("text", clock.render) for _ in range(3)))
    assert page._rendered == {}


async def test_a_client_that_goes_away_in_the_pause_leaves_the_others_their_page(
    clock: Clockwork, page: PacedPage[str]
) -> None:
    await page.get("text", clock.render)
    gone, stays = (asyncio.create_task(page.get("text", clock.render)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == "page 2"
