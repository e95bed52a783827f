"""The places that name the version of the package.

``pyproject.toml`` decides. ``set_version`` changes every place at once; ``disagreements`` names those that differ.
"""

import re
import tomllib
from pathlib import Path

_VERSION = r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?"

#: Files that name the version, with the text around it; each text stands in its file at least once.
PLACES = (
    ("pyproject.toml", rf'(?m)(?<=^version = "){_VERSION}(?="$)'),
    ("operator/plugin_operator/app/build.py", rf'(?<=\nVERSION = "){_VERSION}(?=")'),
    ("manifests/base/kustomization.yaml", rf'(?<=newTag: "){_VERSION}(?=")'),
    ("manifests/chart/Chart.yaml", rf"(?<=\nversion: ){_VERSION}(?=\n)"),
    ("manifests/chart/Chart.yaml", rf"(?<=\nappVersion: ){_VERSION}(?=\n)"),
    ("manifests/components/labels/kustomization.yaml", rf'(?<=app.kubernetes.io/version: "){_VERSION}(?=")'),
    ("docs/from-pip-to-cluster.md", rf"(?<=/plugin-operator:){_VERSION}\b"),
    ("docs/first-session.md", rf"(?<=plugin-operator ){_VERSION}(?=, leads)"),
)
#: Folders whose files name the version at no other place.
SHIPPED = ("manifests", "chart", "charts")


def places(root: Path) -> list[tuple[str, str]]:
    """Return the places under ``root``; the generated chart may be missing."""
    return [(name, pattern) for name, pattern in PLACES if "/chart/" not in name or (root / name).exists()]


def is_version(text: str) -> bool:
    """Whether ``text`` can be a version of the package: X.Y.Z, with aN, bN or rcN for a pre-release."""
    return re.fullmatch(_VERSION, text) is not None


def current(root: Path) -> str:
    """Return the version that ``pyproject.toml`` names."""
    version: str = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    return version


def disagreements(root: Path) -> list[str]:
    """Name each place that has another version than ``pyproject.toml``, and each shipped file that is no place."""
    version = current(root)
    found = []
    for name, pattern in places(root):
        there = set(re.findall(pattern, (root / name).read_text()))
        if there != {version}:
            found.append(f"{name} has version {', '.join(sorted(there)) or 'nowhere'}, pyproject.toml has {version}")
    known = {name for name, _ in places(root)}
    names_it = re.compile(rf"(?<![\w.]){re.escape(version)}(?![\w.])")
    for path in (path for folder in SHIPPED for path in sorted((root / folder).rglob("*")) if path.is_file()):
        name = path.relative_to(root).as_posix()
        if path.suffix != ".pyc" and name not in known and names_it.search(path.read_text()):
            found.append(f"{name} names version {version}: add it to PLACES in .ci/release/versions.py")
    return found


def set_version(root: Path, version: str) -> list[str]:
    """Write ``version`` to every place; return the files that changed.

    Raises:
        ValueError: ``version`` is none, or a place is not there any more. No file is changed then.
    """
    if not is_version(version):
        raise ValueError(f"{version!r} is no version: write X.Y.Z, or X.Y.Zrc1 for a pre-release")
    texts = {name: (root / name).read_text() for name, _ in places(root)}
    for name, pattern in places(root):
        texts[name], count = re.subn(pattern, version, texts[name])
        if not count:
            raise ValueError(f"{name} names no version: mend PLACES in .ci/release/versions.py")
    texts = {name: text for name, text in texts.items() if text != (root / name).read_text()}
    for name, text in texts.items():
        (root / name).write_text(text)
    return list(texts)
