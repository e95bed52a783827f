"""Tracebacks in the output of tests, without the inside of the operator and of the libraries that it calls.

Owns which frames stay: those of tests and plugins, and of libraries that these call. Leaves to others how they look.
"""

import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from traceback import StackSummary, TracebackException
from types import TracebackType

_HERE = Path(__file__).parents[2]
_SITES = frozenset({"site-packages", "dist-packages"})
#: The operator and the embedded API server.
_OURS = tuple(f"{_HERE.with_name(name)}/" for name in (_HERE.name, "kube_apiserver"))
_LIBRARIES = tuple(f"{sysconfig.get_path(name)}/" for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def is_developed_in(folder: Path) -> bool:
    """Report whether ``folder`` is a checkout of the operator, whose developers want to see all frames."""
    return _HERE.is_relative_to(folder) and _SITES.isdisjoint(_HERE.parts)


def cut(error: BaseException) -> None:
    """Leave frames of tests and plugins in an exception and its causes; one without any stays as it is."""
    for each in _chain(error):
        frames = list(_frames(each.__traceback__))
        kept = [frame for frame, is_kept in zip(frames, _kept(map(_path, frames)), strict=True) if is_kept]
        if kept and len(kept) < len(frames):
            each.__traceback__ = _joined(kept)
        cause = each.__cause__ or each.__context__
        if cause is not None and _is_inner(cause):
            # The error says what it means.
            each.__cause__, each.__suppress_context__ = None, True


def lines_of(error: BaseException) -> str:
    """Return the traceback of an exception as text, with frames of plugins and tests if it has any."""
    shown = TracebackException.from_exception(error)
    return "".join((shown if _cut(shown) else TracebackException.from_exception(error)).format())


def _cut(shown: TracebackException) -> bool:
    """Leave frames of plugins and tests, and exceptions that have some; return whether there are any."""
    for name in ("__cause__", "__context__"):
        other = getattr(shown, name)
        if other is not None and not _cut(other):
            setattr(shown, name, None)
    kept = _kept(frame.filename for frame in shown.stack)
    shown.stack = StackSummary.from_list([frame for frame, is_kept in zip(shown.stack, kept, strict=True) if is_kept])
    return bool(shown.stack) or shown.__cause__ is not None or shown.__context__ is not None


def _kept(paths: Iterable[str]) -> Iterator[bool]:
    is_inside = False
    for path in paths:
        is_inside = path.startswith(_OURS) or (is_inside and path.startswith((*_LIBRARIES, "<frozen ")))
        yield not is_inside


def _is_inner(cause: BaseException) -> bool:
    """Report whether only the operator and its libraries have seen an exception."""
    frames = list(_frames(cause.__traceback__))
    return bool(frames) and not any(_kept(map(_path, frames)))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _path(frame: TracebackType) -> str:
    return frame.tb_frame.f_code.co_filename


def _joined(parts: Iterable[TracebackType]) -> TracebackType | None:
    joined: TracebackType | None = None
    for each in reversed(list(parts)):
        joined = TracebackType(joined, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return joined
