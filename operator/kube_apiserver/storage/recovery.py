"""Recovery of a store from its folder: the newest complete snapshot, then every later change.

The changes also fill the history, so that clients can resume their watches.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kube_apiserver import codec
from kube_apiserver.storage.records import Change, Item, item_of
from kube_apiserver.storage.wal_frames import Broken, Frame, unpack

# Clients may have seen revisions that a crash lost. New writes must not reuse them.
REVISION_GAP = 1000


class DataBroken(RuntimeError):
    """The data folder is damaged, or a file in it is not from a journal."""


@dataclass(slots=True)
class Recovered:
    """The content of a data folder.

    Attributes:
        revision: the newest revision on disk, 0 for an empty folder.
        base: the revision of the snapshot, at which the history begins.
        items: the objects of the snapshot by bucket.
        changes: the later changes in order, each with its bucket.
    """

    revision: int = 0
    base: int = 0
    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    changes: list[tuple[str, Change]] = field(default_factory=list)


def snapshot_path(folder: Path, revision: int) -> Path:
    """Return the path of the snapshot of a revision."""
    return folder / f"snapshot-{revision:020d}"


def log_path(folder: Path, revision: int) -> Path:
    """Return the path of the log after a revision."""
    return folder / f"log-{revision:020d}"


def revision_of(path: Path) -> int | None:
    """Return the revision in the name of a snapshot or log, None for any other file."""
    kind, _, number = path.name.partition("-")
    return int(number) if kind in {"snapshot", "log"} and number.isdigit() else None


def recover(folder: Path) -> Recovered:
    """Read a data folder. An incomplete record at the end of a log, which a crash leaves, is truncated.

    Raises:
        DataBroken: a file is damaged before its end.
        OSError: a file cannot be read.
    """
    found = Recovered()
    if not folder.exists():
        return found
    names = sorted(path for path in folder.iterdir() if revision_of(path) is not None)
    for path in reversed([path for path in names if path.name.startswith("snapshot-")]):
        if _read_snapshot(path, found):
            break
    present = {bucket: dict(items) for bucket, items in found.items.items()}
    for path in names:
        if path.name.startswith("log-"):
            _read_log(path, found, present)
    return found


def _read_snapshot(path: Path, found: Recovered) -> bool:
    """Load the objects of a snapshot. Return whether it is complete."""
    frames = [frame.value for frame in _frames(path)]
    if not frames or frames[-1] != [frames[0][0], "end"]:
        return False
    for revision, bucket, key, raw in frames[1:-1]:
        found.items.setdefault(bucket, {})[key] = stored_item(revision, key, raw)
    found.revision = found.base = frames[0][0]
    return True


def _read_log(path: Path, found: Recovered, present: dict[str, dict[str, Item]]) -> None:
    end = 0
    for frame in _frames(path):
        end = frame.end
        revision, kind, bucket, key, raw = frame.value
        if revision <= found.revision:
            continue
        item, items = stored_item(revision, key, raw), present.setdefault(bucket, {})
        found.changes.append((bucket, Change(kind, revision, item, items.get(key))))
        found.revision = revision
        if kind == "DELETED":
            items.pop(key, None)
        else:
            items[key] = item
    if end < path.stat().st_size:
        with path.open("r+b") as file:
            file.truncate(end)


def _frames(path: Path) -> Iterable[Frame]:
    try:
        yield from unpack(path.read_bytes())
    except Broken as error:
        raise DataBroken(f"{path} is damaged: {error}; move it away to start without it") from error


def stored_item(revision: int, key: str, raw: bytes) -> Item:
    """Return an item from its stored bytes.

    Raises:
        DataBroken: the bytes are not an object.
    """
    try:
        obj: Any = codec.decode(raw)
        return item_of(obj, revision, raw)
    except (codec.MalformedJson, KeyError, TypeError, AttributeError) as error:
        raise DataBroken(f"the record at {key} is not an object: {error}") from error
