"""How a worker has ended is said in words, with what to do."""

import signal

import pytest

from plugin_operator.processes.blame.endings import Ending, EndKind, described_status


@pytest.mark.parametrize(
    ("status", "kind", "how"),
    [
        (-signal.SIGKILL, EndKind.KILLED, "killed by SIGKILL"),
        (-signal.SIGTERM, EndKind.KILLED, "killed by SIGTERM"),
        (-signal.SIGSEGV, EndKind.CRASHED, "killed by SIGSEGV"),
        (-signal.SIGABRT, EndKind.CRASHED, "killed by SIGABRT"),
        (3, EndKind.EXITED, "exit status 3"),
        (0, EndKind.EXITED, "exit status 0"),
    ],
)
def test_the_end_of_a_process_is_said_in_words(status: int, kind: EndKind, how: str) -> None:
    ending = Ending.of(status)
    assert (ending.kind, ending.how) == (kind, how)


@pytest.mark.parametrize("kind", [each for each in EndKind if each is not EndKind.REFUSED])
def test_each_end_says_what_to_do(kind: EndKind) -> None:
    assert Ending(kind, 1, 10.0).way_out


def test_a_worker_that_ends_in_order_needs_nothing_done() -> None:
    assert Ending.of(0).way_out == ""


def test_only_ends_that_code_in_the_worker_causes_are_laid_on_it() -> None:
    by_code = {each for each in EndKind if Ending(each, 1).is_by_code}
    assert by_code == {EndKind.BLOCKED, EndKind.CRASHED, EndKind.EXITED}


def test_a_signal_without_a_name_has_its_number() -> None:
    assert described_status(-250) == "killed by signal 250"
