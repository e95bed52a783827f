"""The analysis of a plugin's source in a process with limits: a file may cost the process its life, not the operator's.

Owns the limits and what is sent. Leaves the analysis to ``analysis``, which ``analysis_process`` runs.
"""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from plugin_operator.hosting.inspection.contained_process import ContainedProcess, ProcessEnded
from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.source.source_needs import SourceNeeds, unfinished
from plugin_operator.kube import GroupVersionKind, Resource

#: Longest analysis, in seconds of processor time; a file of 10,000 lines takes a few.
PROCESSOR_SECONDS = 20
_MEMORY_BYTES = 256 * 1024 * 1024
_DEADLINE_SECONDS = 60.0
_START = (
    "import sys; count = int(sys.argv[1]); sys.path.extend(sys.argv[2:2 + count]); del sys.argv[1:2 + count]; "
    "from plugin_operator.hosting.permissions.source.analysis_process import main; main()"
)


class Analysis(msgspec.Struct, frozen=True):
    """The result of a contained analysis.

    Attributes:
        found: what the source needs.
        guesses: kinds whose resource is not known, because they are neither built in nor among the known ones.
    """

    found: SourceNeeds
    guesses: tuple[GroupVersionKind, ...]


_ANALYSIS = msgspec.json.Decoder(Analysis)


class Analyser:
    """A process that analyses plugins, one after the other; ``close`` ends it."""

    def __init__(self) -> None:
        self._process = ContainedProcess(_arguments)

    def analyse(
        self,
        plugin: str,
        files: Mapping[str, bytes],
        root: str,
        controllers: Iterable[DeclaredController],
        known: Iterable[Resource] = (),
    ) -> Analysis:
        """Return what the calls in the source of a plugin need. It blocks, and runs none of the code.

        A source that is too costly has no needs but one ``Unclear``.

        Args:
            plugin: name of the plugin.
            files: its files and those of its helpers, by POSIX path below ``root``.
            root: folder of the files, as messages show it.
            controllers: its controllers.
            known: resources of kinds that are not built in.

        Raises:
            OSError: no process can be started.
        """
        question = (dict(files), plugin, root, _encoded(tuple(controllers)), _encoded(tuple(known)))
        try:
            answer: dict[str, Any] = self._process.ask(question, _DEADLINE_SECONDS)
        except ProcessEnded:
            answer = {}
        if "analysis" in answer:
            return _ANALYSIS.decode(answer["analysis"])
        return Analysis(SourceNeeds(unclear=(unfinished(plugin, files, root),)), ())

    def close(self) -> None:
        """Stop the process."""
        self._process.close()


def analyse(
    plugin: str,
    files: Mapping[str, bytes],
    root: str,
    controllers: Iterable[DeclaredController],
    known: Iterable[Resource] = (),
) -> Analysis:
    """Analyse one plugin in a process of its own; see ``Analyser.analyse``.

    Raises:
        OSError: no process can be started.
    """
    analyser = Analyser()
    try:
        return analyser.analyse(plugin, files, root, controllers, known)
    finally:
        analyser.close()


def _arguments() -> list[str]:
    # The interpreter starts without site-packages and without the environment's paths.
    paths = [each for each in sys.path if each]
    return ["-c", _START, str(len(paths)), *paths, str(_MEMORY_BYTES), str(PROCESSOR_SECONDS)]


def _encoded(values: tuple[Any, ...]) -> bytes:
    return msgspec.json.encode(values)
