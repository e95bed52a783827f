"""Replicas that share objects in the status: their table, the map as a whole, and which one has an object."""

import io
from typing import Any

import msgspec
import pytest
from rich.console import Console

from plugin_operator.cli.status.status_answer import AnswerError, status_from
from plugin_operator.cli.status.status_table import print_status
from plugin_operator.cli.status.workers import worker_of
from plugin_operator.errors import PluginOperatorError

HALF = "0x8000000000000000"
REPLICAS: list[dict[str, Any]] = [
    {
        "lease": "o-member-1", "pod": "operator-a", "state": "active", "self": True, "coordinates": True,
        "leads": False, "shards": 128, "giving": 3, "coming": 2, "epoch": 7, "ranges": [["0x0000000000000000", HALF]],
    },
    {
        "lease": "o-member-2", "pod": "operator-b", "state": "silent", "self": False, "coordinates": False,
        "leads": True, "shards": 128, "giving": 0, "coming": 0, "epoch": 2, "ranges": [[HALF, "0x10000000000000000"]],
    },
]  # fmt: skip
SHARDING: dict[str, Any] = {
    "problem": "", "version": 12, "unowned": 1, "unattended": 130, "moving": 5, "moves": 40, "membershipChanges": 2,
    "imbalance": 1.0, "owners": {"o-member-1": 128},
}  # fmt: skip


def lines_of(replicas: Any = REPLICAS, **sharding: Any) -> list[str]:
    out = io.StringIO()
    status = {"plugins": [], "replicas": replicas, "sharding": {**SHARDING, **sharding}}
    print_status(status_from(msgspec.json.encode(status)), Console(file=out, width=400))
    return out.getvalue().splitlines()


def test_each_replica_has_a_row() -> None:
    titles, first, second, _ = (line.split() for line in lines_of()[2:])

    assert titles == ["REPLICA", "LEASE", "STATE", "SHARDS", "MOVING", "EPOCH", "NOTE"]
    assert " ".join(first) == "operator-a o-member-1 active 128 3 out, 2 in 7 coordinates, answers"
    assert " ".join(second) == "operator-b o-member-2 silent 128, leads - 2"


def test_the_map_as_a_whole_is_one_sentence() -> None:
    assert lines_of()[-1] == (
        "Shard map 12: 1 shards without an owner, 129 of an owner that does not answer, 5 moving, imbalance 1.00; "
        "40 moves and 2 changes of membership since this replica started."
    )
    assert "does not answer" not in lines_of(unattended=1)[-1]


def test_a_problem_with_the_map_is_said_and_a_map_that_is_missing_has_no_figures() -> None:
    assert lines_of([], version=0, problem="there is no shard map")[-1] == "there is no shard map"
    assert lines_of(problem="not read")[-2] == "not read"


def test_names_with_control_characters_do_not_reach_the_terminal() -> None:
    hostile = {**REPLICAS[0], "pod": "\x1b[2Jpod\n", "lease": "\x07", "state": "\x1b]0;x\x07"}

    text = "\n".join(lines_of([hostile], problem="\x1b[31mred"))

    assert not set(text) & set("\x1b\x07\r")
    assert len(lines_of([hostile])) == len(lines_of(REPLICAS[:1]))


def test_fields_that_are_missing_or_null_are_shown_as_not_known() -> None:
    assert lines_of([{}, dict.fromkeys(REPLICAS[0])])[3].split() == ["?", "?", "0", "-", "-"]


def test_an_older_replica_without_rows_has_no_table() -> None:
    assert len(lines_of(None)) == 2


@pytest.mark.parametrize("replicas", [[{"shards": "many"}], [{"ranges": [["0", "zero"]]}], {"a": 1}])
def test_rows_of_another_form_are_no_status(replicas: Any) -> None:
    with pytest.raises(AnswerError):
        lines_of(replicas)


def test_the_replica_of_a_namespace_or_uid_is_the_one_with_its_hash() -> None:
    status = {"replicas": REPLICAS}

    assert worker_of(status, "shop") == "shop: replica operator-a (active)"  # 0x46dc5e18e28e2409
    assert worker_of(status, "team-a") == "team-a: replica operator-b (silent)"  # 0xde90a3717d1252d6


def test_a_hash_that_no_replica_has_now_is_an_error() -> None:
    with pytest.raises(PluginOperatorError, match="its shard has no owner"):
        worker_of({"replicas": REPLICAS[:1]}, "team-a")
