"""What to type in a second terminal, so that one of the plugins of a sandbox does something.

Read from the text of the plugins, because running them takes longer than the server's start. A plugin that is written
in another way gets no step, which is better than a step without effect.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.builtin_resources import builtin_resource

_SAMPLES = "samples"
_MAX_BYTES = 1024 * 1024
_KIND = re.compile(r"""\bfor_\s*=\s*["'](v1|[a-z0-9.]+/v[a-z0-9]+)/([A-Za-z0-9]+)["']""")
#: As ``plugin-operator new`` writes it.
_LABEL = re.compile(r'^LABEL = "([a-z0-9./_-]+)"  # objects without this label are left alone$', re.MULTILINE)
_CONFIGMAP = "create configmap hello --from-literal=a=b"


def first_steps(directory: Path) -> list[str]:
    """Return arguments of kubectl for the plugins in a directory, at most one group of commands for each way.

    Args:
        directory: the plugins directory.
    """
    texts = list(_texts(directory))
    samples = _samples_beside(directory) if any("@resource(" in text for text in texts) else None
    steps = [f"apply -f {shlex.quote(str(samples))}"] if samples is not None else []
    labelled = [(kind, found[1]) for text in texts if (kind := _kind_in(text)) and (found := _LABEL.search(text))]
    for kind, label in labelled[:1]:
        steps += _labelling(kind, label)
    is_plain = any(_kind_in(text) == "v1/ConfigMap" and "selector" not in text for text in texts)
    if is_plain and not steps:
        steps = [_CONFIGMAP, "label configmap hello colour=green", "delete configmap hello"]
    return steps


def _labelling(kind: str, label: str) -> list[str]:
    if kind == "v1/ConfigMap":
        return [_CONFIGMAP, f"label configmap hello {label}=on", "get configmap hello -o yaml"]
    resource = builtin_resource(GroupVersionKind.parse(kind))
    return [f"label {resource.plural} NAME {label}=on"] if resource is not None else []


def _samples_beside(directory: Path) -> Path | None:
    folder = directory.parent / _SAMPLES
    return folder if any(folder.glob("*.yaml")) else None


def _kind_in(text: str) -> str:
    """Return the only kind that a text declares as ``for_``; empty if there is none, or if there are several."""
    kinds = {f"{version}/{kind}" for version, kind in _KIND.findall(text)}
    return kinds.pop() if len(kinds) == 1 else ""


def _texts(directory: Path) -> Iterator[str]:
    for path in sorted(directory.glob("*.py")):
        try:
            if path.stat().st_size <= _MAX_BYTES and path.is_file():
                yield path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # the operator reports it
