"""What the API server answered to the last apply of each child."""

from typing import TypeAlias

import msgspec

from plugin_operator.kube import NamespacedName
from plugin_operator.plugin.context.children import ChildName
from plugin_operator.plugin.writes.answer_memory import AnswerMemory


class Answer(msgspec.Struct):
    """The last apply of one child.

    Attributes:
        digest: digest of what was sent.
        version: resource version in the answer.
        uid: uid of the child.
        reverts: how often an apply has undone another party's change lately.
        reverted_at: monotonic second of the last of them.
    """

    digest: bytes
    version: str
    uid: str = ""
    reverts: int = 0
    reverted_at: float = 0.0


#: The answers of one controller, by owner and child.
Answers: TypeAlias = AnswerMemory[NamespacedName, dict[ChildName, Answer]]
