"""Field descriptions for ``kubectl explain``, read from the docstrings of the installed kubernetes_asyncio models.

The module reads only the source text of the requested model. An import of kubernetes_asyncio would take a second and
70 MB. Without the package, the documents have no descriptions.
"""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_GETTER = re.compile(r'"""Gets the (\w+) of this \w+\.[^\n]*\n\n +(.*?)  # noqa: E501\n\n +:return:', re.DOTALL)
_NAMES = re.compile(r"attribute_map = \{(.*?)\n    \}", re.DOTALL)
_PAIR = re.compile(r"'(\w+)': '([^']+)'")
_PREFIXES = {
    "io.k8s.api.": "",
    "io.k8s.apimachinery.pkg.apis.": "",
    "io.k8s.apiextensions-apiserver.pkg.apis.": "",
    "io.k8s.kube-aggregator.pkg.apis.": "",
}


def descriptions(definition: str) -> dict[str, str]:
    """Return the description of each JSON field of a type such as ``io.k8s.api.core.v1.Pod``, empty if unknown."""
    for path in _candidates(definition):
        if path.is_file():
            return _read(path)
    return {}


@cache
def _folder() -> Path | None:
    spec = find_spec("kubernetes_asyncio")
    return Path(spec.origin).parent / "client" / "models" if spec and spec.origin else None


def _candidates(definition: str) -> list[Path]:
    """Return the possible files of a model: V1Pod, or CoreV1Event where two groups have the kind."""
    folder = _folder()
    prefix = next((prefix for prefix in _PREFIXES if definition.startswith(prefix)), None)
    if folder is None or prefix is None:
        return []
    group, version, kind = definition.removeprefix(prefix).split(".")[-3:]
    return [folder / f"{_snake(name)}.py" for name in (f"{group.title()}{version.title()}{kind}", f"{version}{kind}")]


def _snake(name: str) -> str:
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name))
    return words.lower()


@cache
def _read(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8")
    table = _NAMES.search(text)
    names = dict(_PAIR.findall(table[1])) if table else {}
    found = ((attribute, words.replace('\\"', '"')) for attribute, words in _GETTER.findall(text))
    return {names[attribute]: words for attribute, words in found if attribute in names}
