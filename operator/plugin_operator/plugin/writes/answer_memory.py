"""``AnswerMemory``: the last answers of the API server about objects, until these objects are gone."""

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_SPARE = 1000


class AnswerMemory(Generic[K, V]):
    """The last answer by key.

    No event says that a key is no longer needed. So the memory looks for gone objects when it has grown to twice
    what it kept at the last look, and 1000.

    Args:
        exists: reports whether the object of a key exists.
    """

    def __init__(self, exists: Callable[[K], bool]) -> None:
        self._exists = exists
        self._answers: dict[K, V] = {}
        self._look_at = _SPARE

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: K) -> V | None:
        """Return the last answer, or None."""
        return self._answers.get(key)

    def put(self, key: K, answer: V) -> None:
        """Remember an answer."""
        if key not in self._answers and len(self._answers) >= self._look_at:
            self._answers = {each: kept for each, kept in self._answers.items() if self._exists(each)}
            self._look_at = 2 * len(self._answers) + _SPARE
        self._answers[key] = answer

    def drop(self, key: K) -> None:
        """Forget an answer, if there is one."""
        self._answers.pop(key, None)

    def forget(self, where: Callable[[K], bool]) -> None:
        """Forget the answers about the keys for which ``where`` returns true."""
        self._answers = {key: kept for key, kept in self._answers.items() if not where(key)}
