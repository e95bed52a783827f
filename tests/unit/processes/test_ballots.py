"""A content runs in all workers or in none: what the supervisor makes of their votes."""

import asyncio

import pytest

from plugin_operator.processes.messages import Outcome, Quarantine, Runs, Vote
from plugin_operator.processes.peers.ballots import PATIENCE_SECONDS, Ballots
from plugin_operator.processes.peers.votes import SharedVotes
from plugin_operator.testing.virtual_clock import VirtualClock

SWAP = Outcome("one", "new", 1)


class Polling:
    """Ballots of three workers, and what each was told."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.told: list[tuple[int, Outcome]] = []
        self.ballots = Ballots(range(3), lambda number, outcome: self.told.append((number, outcome)), self.clock)

    def prepared(self, *workers: int, digest: str = "new", number: int = 1) -> None:
        for each in workers:
            self.ballots.vote(each, Vote("one", digest, number))

    def refused(self, worker: int, reason: str = "no port", number: int = 1) -> None:
        self.ballots.vote(worker, Vote("one", "new", number, reason))

    @property
    def news(self) -> list[tuple[int, Outcome]]:
        told, self.told[:] = list(self.told), []
        return told


@pytest.fixture
def polling() -> Polling:
    return Polling()


def no(reason: str, number: int = 1) -> Outcome:
    return Outcome("one", "new", number, f"{reason}; rolled back in all workers")


AGAIN = Outcome("one", "new", is_open=True)


def test_all_swap_once_the_last_has_prepared_the_content_or_runs_it(polling: Polling) -> None:
    polling.prepared(0, 1)
    assert polling.news == []
    polling.ballots.runs(2, Runs("one", "new"))
    assert polling.news == [(0, SWAP), (1, SWAP)]


def test_a_refusal_is_told_to_those_that_wait_and_to_the_one_that_refuses(polling: Polling) -> None:
    polling.prepared(0)
    polling.refused(1)
    assert polling.news == [(0, no("worker 1: no port")), (1, no("worker 1: no port"))]
    polling.prepared(2)
    assert polling.news == [(1, no("worker 1: no port")), (2, no("worker 1: no port"))]


def test_a_content_that_all_refuse_needs_no_outcome(polling: Polling) -> None:
    for each in range(3):
        polling.refused(each)
    assert polling.news == []


def test_the_same_reason_of_two_workers_is_said_once_and_different_ones_name_each(polling: Polling) -> None:
    polling.refused(0)
    polling.refused(1)
    polling.prepared(2)
    assert polling.news[-1] == (2, no("workers 0, 1: no port"))
    polling.refused(1, "no disk", number=2)
    polling.prepared(2, number=2)
    assert polling.news[-1] == (2, no("worker 0: no port; worker 1: no disk", 2))


def test_the_others_retry_when_a_worker_does_not_refuse_any_more_or_ends(polling: Polling) -> None:
    polling.prepared(0, 2)
    polling.refused(1)
    assert len(polling.news) == 3
    polling.prepared(1, number=2)
    assert polling.news == [(0, AGAIN), (2, AGAIN)]
    polling.prepared(0, 2, number=2)
    assert [number for number, each in polling.news if not each.reason] == [1, 0, 2]
    again = Polling()
    again.refused(1)
    again.ballots.ended(1)
    assert again.news == [(0, AGAIN), (2, AGAIN)]


def test_the_next_process_of_a_worker_that_has_ended_votes_again(polling: Polling) -> None:
    polling.prepared(0, 1)
    polling.ballots.ended(1)
    polling.prepared(2)
    assert polling.news == []
    polling.prepared(1)
    assert {number for number, _ in polling.news} == {0, 1, 2}
    polling.ballots.ended(1)
    polling.prepared(1, number=7)
    assert polling.news == [(1, Outcome("one", "new", 7))], "the others run it"
    polling.refused(1, number=8)
    assert polling.news == []


def test_a_vote_that_is_withdrawn_is_answered_unless_all_have_agreed(polling: Polling) -> None:
    polling.prepared(0)
    polling.ballots.vote(0, Vote("one", "new", 1, is_withdrawn=True))
    ((worker, outcome),) = polling.news
    assert (worker, outcome.number, bool(outcome.reason)) == (0, 1, True)
    polling.prepared(0, 1, 2, number=2)
    assert len(polling.news) == 3
    polling.ballots.vote(0, Vote("one", "new", 2, is_withdrawn=True))
    assert polling.news == [], "it was told to swap"


def test_a_worker_that_does_not_vote_in_time_is_named(polling: Polling) -> None:
    polling.prepared(0, 2)
    polling.clock.suspend(PATIENCE_SECONDS - 1)
    polling.ballots.tick()
    assert polling.news == []
    polling.clock.suspend(1)
    polling.ballots.tick()
    late = f"worker 1 has not prepared it within {PATIENCE_SECONDS:g} s"
    assert polling.news == [(0, no(late)), (2, no(late))]
    polling.prepared(0, 1, 2, number=2)
    assert [each.reason for _, each in polling.news] == ["", "", ""]


def test_a_plugin_that_was_unloaded_or_rolled_back_is_voted_on_again(polling: Polling) -> None:
    polling.prepared(0, 1, 2)
    assert len(polling.news) == 3
    polling.ballots.runs(0, Runs("one", ""))
    polling.prepared(0)
    assert polling.news == []
    polling.ballots.runs(1, Runs("one", ""))
    polling.prepared(1, 2)
    assert len(polling.news) == 3
    polling.ballots.rolled_back(Quarantine("one", "new", "it fails"))
    polling.prepared(0)
    assert polling.news == []


async def test_a_worker_withdraws_its_vote_if_the_file_has_changed_and_takes_no_answer_to_another_vote() -> None:
    clock = VirtualClock()
    sent: list[Vote] = []
    votes = SharedVotes(sent.append)
    is_superseded = False
    waiting = asyncio.ensure_future(votes.agreed("one", "new", lambda: is_superseded, clock))
    await clock.advance(1.0)
    votes.learn(Outcome("one", "new", 99))
    await clock.advance(1.0)
    is_superseded = True
    await clock.advance(1.0)
    assert sent == [Vote("one", "new", 1), Vote("one", "new", 1, is_withdrawn=True)]
    assert not waiting.done()
    votes.learn(Outcome("one", "new", 1, "withdrawn"))
    assert (await waiting).reason == "withdrawn"


def test_a_worker_amends_its_refusal_and_retries_what_another_refuses_no_more() -> None:
    sent: list[Vote] = []
    heard: list[tuple[str, ...]] = []
    votes = SharedVotes(sent.append)
    votes.listen("one", lambda: heard.append(("retry",)))
    votes.amend("one", lambda digest, reason: heard.append((digest, reason)))
    votes.refuse("one", "new", "no port")
    for each in (AGAIN, no("worker 1: no port", 99), no("worker 1: no port")):
        votes.learn(each)
    assert heard == [("retry",), ("new", "worker 1: no port; rolled back in all workers")]
