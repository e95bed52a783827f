"""What the status says of replicas that share objects: who owns how many shards, what moves, and what is wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

TITLES = ("REPLICA", "LEASE", "STATE", "SHARDS", "MOVING", "EPOCH", "NOTE")


def replica_rows(status: Mapping[str, Any]) -> Sequence[tuple[str, ...]]:
    """Return a row below ``TITLES`` for each replica; none for replicas that share nothing."""
    return [_row(each) for each in status.get("replicas") or ()]


def remarks(status: Mapping[str, Any]) -> list[str]:
    """Return what is known of the shard map as a whole, in sentences."""
    sharding = status.get("sharding") or {}
    if status.get("replicas") is None or sharding.get("version") is None:
        return []
    said = [str(sharding["problem"])] if sharding.get("problem") else []
    if not sharding["version"]:
        return said
    unowned, unattended = sharding.get("unowned") or 0, sharding.get("unattended")
    parts = [f"{unowned} shards without an owner", f"{sharding.get('moving') or 0} moving"]
    if unattended is not None and unattended > unowned:
        parts.insert(1, f"{unattended - unowned} of an owner that does not answer")
    if sharding.get("imbalance") is not None:
        parts.append(f"imbalance {sharding['imbalance']:.2f}")
    seen = f"{sharding.get('moves') or 0} moves and {sharding.get('membershipChanges') or 0} changes of membership"
    return [*said, f"Shard map {sharding['version']}: {', '.join(parts)}; {seen} since this replica started."]


def _row(replica: Mapping[str, Any]) -> tuple[str, ...]:
    moves = {"out": replica.get("giving") or 0, "in": replica.get("coming") or 0}
    notes = {"coordinates": replica.get("coordinates"), "answers": replica.get("self")}
    return (
        str(replica.get("pod") or "?"),
        str(replica.get("lease") or ""),
        str(replica.get("state") or "?"),
        f"{replica.get('shards') or 0}" + (", leads" if replica.get("leads") else ""),
        ", ".join(f"{count} {way}" for way, count in moves.items() if count) or "-",
        str(replica.get("epoch") or "-"),
        ", ".join(word for word, is_so in notes.items() if is_so),
    )
