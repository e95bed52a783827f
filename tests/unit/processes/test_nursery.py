"""Workers are forked by a process of their own, which reaps them and ends them with the supervisor."""

import subprocess
import sys
from pathlib import Path

from plugin_operator.testing.eventually import eventually

# In an interpreter of its own: a process with threads, as that of the tests, must not be forked.
PROGRAM = """
import os, signal, socket, subprocess, sys, time
from plugin_operator.processes.nursery import Nursery

def main(number, end):
    end.sendall(b"up")
    if end.recv(4) == b"exit":
        return 7
    time.sleep(600)

nursery = Nursery.start(main)

def start(number):
    ours, theirs = socket.socketpair()
    nursery.order_start(number, theirs)
    theirs.close()
    what, pid, detail = nursery.read(nursery.end.recv(nursery.REPORT.size))
    assert (what, detail) == (nursery.STARTED, number) and ours.recv(2) == b"up"
    return ours, pid

def ended():
    return nursery.read(nursery.end.recv(nursery.REPORT.size))
"""


def run(body: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + body], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_end_of_a_worker_is_reported_with_its_status() -> None:
    ended = run(
        """
first, pid = start(0)
first.sendall(b"exit")
assert ended() == (nursery.ENDED, pid, 7)
second, pid = start(0)
nursery.order_kill(pid)
assert ended() == (nursery.ENDED, pid, -9)
nursery.order_kill(pid)
nursery.close()
"""
    )
    assert ended.returncode == 0, ended.stderr


def test_a_fork_that_the_kernel_refuses_ends_no_other_worker() -> None:
    ended = run(
        """
nursery.close()
fork, calls = os.fork, []
def refused_at_the_second_worker():
    calls.append(1)
    if len(calls) == 3:
        raise BlockingIOError(11, "refused")
    return fork()
os.fork = refused_at_the_second_worker
nursery = Nursery.start(main)
first, pid = start(0)
ours, theirs = socket.socketpair()
nursery.order_start(1, theirs)
assert nursery.read(nursery.end.recv(nursery.REPORT.size)) == (nursery.FAILED, 11, 1)
start(1)
first.sendall(b"exit")
assert ended() == (nursery.ENDED, pid, 7)
nursery.close()
"""
    )
    assert ended.returncode == 0, ended.stderr


def test_a_stopped_nursery_goes_on_at_the_next_order_and_at_the_end() -> None:
    ended = run(
        """
_, pid = start(0)
os.kill(nursery.pid, signal.SIGSTOP)
os.waitpid(nursery.pid, os.WUNTRACED)
nursery.order_kill(pid)
assert ended() == (nursery.ENDED, pid, -9)
os.kill(nursery.pid, signal.SIGSTOP)
os.waitpid(nursery.pid, os.WUNTRACED)
nursery.close(patience_seconds=50)
"""
    )
    assert ended.returncode == 0, ended.stderr


def test_a_nursery_that_does_not_end_is_killed() -> None:
    ended = run(
        """
nursery.close()
hung = subprocess.Popen([sys.executable, "-c", "while True: input()"], stdin=subprocess.PIPE)
Nursery(hung.pid, socket.socket()).close(patience_seconds=0)
"""
    )
    assert ended.returncode == 0, ended.stderr


async def test_no_worker_outlives_the_supervisor() -> None:
    ended = run(
        """
_, pid = start(0)
print(pid, nursery.pid, flush=True)
os._exit(3)
"""
    )
    assert ended.returncode == 3, ended.stderr
    pids = [int(each) for each in ended.stdout.split()]
    assert len(pids) == 2
    await eventually(lambda: not any(map(is_running, pids)))


async def test_a_supervisor_that_ends_with_unread_reports_ends_its_workers_as_well() -> None:
    ended = run(
        """
_, pid = start(0)
_, victim = start(1)
nursery.order_kill(victim)
nursery.end.recv(1, socket.MSG_PEEK)
print(pid, nursery.pid, flush=True)
os._exit(3)
"""
    )
    assert (ended.returncode, ended.stderr) == (3, "")
    pids = [int(each) for each in ended.stdout.split()]
    await eventually(lambda: not any(map(is_running, pids)))


def test_the_end_of_the_nursery_is_known_in_words() -> None:
    program = """
import os, signal
from plugin_operator.processes.nursery import Nursery

nursery = Nursery.start(lambda number, end: 0)
print(nursery.ending(0))
os.kill(nursery.pid, signal.SIGKILL)
print(nursery.ending(10))
nursery.close()
print(nursery.ending())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30)
    assert (ended.stdout, ended.stderr) == ("\nkilled by SIGKILL\n\n", "")


def is_running(pid: int) -> bool:
    """Report whether a process runs; one that was not reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
