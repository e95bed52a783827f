"""``CodeMarks``: what a worker process runs for plugins, in memory that outlives the process.

A worker that is killed, crashes or blocks can tell nothing. So it notes beforehand: each reconcile in flight has an
entry, and a number says which entry has code on the event loop right now. The supervisor reads both after the end.
The memory is shared by fork; writing to it costs no system call.
"""

import mmap
import struct

import msgspec

_HEADER = struct.Struct("=III")  # current entry, steps so far, whether the worker leaves by itself
_LENGTH = struct.Struct("=H")
_ENTRY_BYTES = 512
_ENTRIES = 512
#: The last entries are for code that neither waits nor has an object, such as a predicate inside a task.
_MAX_DEPTH = 8
_SHARED = _ENTRIES - _MAX_DEPTH + 1
_ROOM = _ENTRY_BYTES - _LENGTH.size
_MAX_STEPS = 1 << 32


#: The import and the hook that run before the first reconcile, as ``Mark.what``.
IMPORT, START = "import", "start(ctx)"
AT_LOAD = frozenset({IMPORT, START})


class Mark(msgspec.Struct, frozen=True):
    """Code of a plugin that runs.

    Attributes:
        plugin, digest: the content that it belongs to.
        what: its role, such as ``reconcile`` or ``start(ctx)``.
        controller: its controller; empty if there is none.
        namespace, name: the object; empty if there is none.
        in_thread: whether it runs in a thread, and not on the event loop.
    """

    plugin: str
    digest: str
    what: str
    controller: str = ""
    namespace: str = ""
    name: str = ""
    in_thread: bool = False

    @property
    def object(self) -> str:
        """The object as people write it; empty if there is none."""
        return "/".join(filter(None, (self.namespace, self.name)))

    @property
    def described(self) -> str:
        """What ran, in words."""
        about = f" of {self.object}" if self.name else ""
        by = f" by {self.controller}" if self.controller else ""
        return f"{self.what}{about}{by}"


class Running(msgspec.Struct, frozen=True):
    """What a worker runs at one moment.

    Attributes:
        current: code on the event loop; None if the loop waits, or runs code of the operator.
        steps: changes whenever other code gets on the event loop.
        in_flight: all that has begun and not ended.
        leaves: whether the worker ends by itself.
    """

    current: Mark | None = None
    steps: int = 0
    in_flight: tuple[Mark, ...] = ()
    leaves: bool = False


class MarkMemory:
    """The memory; create it before the processes are forked that share it."""

    def __init__(self) -> None:
        self.bytes = mmap.mmap(-1, _HEADER.size + _ENTRY_BYTES * _ENTRIES)

    def clear(self) -> None:
        """Forget the last process."""
        _HEADER.pack_into(self.bytes, 0, 0, 0, 0)
        for index in range(1, _ENTRIES + 1):
            _LENGTH.pack_into(self.bytes, _place(index), 0)

    def read(self) -> Running:
        """Return what runs, without entries that the process has not written to their end."""
        current, steps, leaves = _HEADER.unpack_from(self.bytes, 0)
        in_flight = tuple(each for index in range(1, _SHARED) if (each := self._entry(index)) is not None)
        return Running(self._entry(current), steps, in_flight, bool(leaves))

    def _entry(self, index: int) -> Mark | None:
        if not 0 < index <= _ENTRIES:
            return None
        place = _place(index)
        (length,) = _LENGTH.unpack_from(self.bytes, place)
        if not 0 < length <= _ROOM:
            return None
        begin = place + _LENGTH.size
        try:
            return _decoder.decode(self.bytes[begin : begin + length])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None


class CodeMarks:
    """The worker's side; all methods are for the thread of the event loop.

    Args:
        memory: where the marks are.
    """

    __slots__ = ("_bytes", "_current", "_depth", "_free", "_header", "_shared", "_steps")

    def __init__(self, memory: MarkMemory) -> None:
        self._bytes = memoryview(memory.bytes)  # a write through a view costs a quarter
        self._header = self._bytes[: _HEADER.size].cast("I")
        self._free = list(range(_SHARED - 1, 0, -1))
        self._shared = [b""] * _MAX_DEPTH
        self._current = self._steps = self._depth = 0

    def begin(self, mark: Mark) -> int:
        """Note that code has begun, and return its entry; 0 if there is no room for it."""
        text = encoded(mark)
        if not self._free or not text:
            return 0
        index = self._free.pop()
        self._write(index, text)
        return index

    def end(self, index: int) -> None:
        """Note that the code of an entry has ended."""
        if index:
            _LENGTH.pack_into(self._bytes, _place(index), 0)
            self._free.append(index)

    def enter(self, index: int) -> int:
        """Note that the code of an entry gets on the event loop, and return the entry to pass to ``leave`` after it."""
        before, self._current = self._current, index
        self._steps = (self._steps + 1) % _MAX_STEPS
        header = self._header
        header[0], header[1] = index, self._steps
        return before

    def enter_shared(self, text: bytes) -> int:
        """Note that code without an entry of its own gets on the event loop; see ``enter``.

        Args:
            text: its mark, ``encoded``.

        Returns:
            What to pass to ``leave_shared``.
        """
        depth = min(self._depth, _MAX_DEPTH - 1)
        self._depth += 1
        if not text:
            return self.enter(0)
        if self._shared[depth] is not text:
            self._shared[depth] = text
            self._write(_SHARED + depth, text)
        return self.enter(_SHARED + depth)

    def leave_shared(self, before: int) -> None:
        """Note that the code is off the event loop again."""
        self._depth -= 1
        self.leave(before)

    def leave(self, before: int) -> None:
        """Note that the code is off the event loop again."""
        self._current = self._header[0] = before

    def leaving(self) -> None:
        """Note that the worker ends by itself, so that no code is to blame."""
        self._header[0], self._header[2] = 0, 1

    def _write(self, index: int, text: bytes) -> None:
        place = _place(index)
        begin = place + _LENGTH.size
        _LENGTH.pack_into(self._bytes, place, 0)  # an end of the process in the middle must leave no mixture
        self._bytes[begin : begin + len(text)] = text
        _LENGTH.pack_into(self._bytes, place, len(text))


def encoded(mark: Mark) -> bytes:
    """Return a mark as an entry has it; empty if it is too long for one."""
    text = _encoder.encode(mark)
    return text if len(text) <= _ROOM else b""


def _place(index: int) -> int:
    return _HEADER.size + _ENTRY_BYTES * (index - 1)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Mark)
