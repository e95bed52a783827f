"""Builds of one commit that have nothing in common but the commit, and what has to be in them.

A build sees a fresh copy of the committed files. The builds differ in directory, umask, time zone and time stamps; the
third starts from the source distribution of the first.
"""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

_DEADLINE_SECONDS = 300
_PACKAGES = ("plugin_operator", "kube_apiserver", "go_cel", "go_regexp", "http1")
#: Files without which a wheel is not to be released; ``{info}`` is its .dist-info.
_NEEDED = (
    *(f"{package}/{name}" for package in _PACKAGES for name in ("__init__.py", "py.typed")),
    "kube_apiserver/bootstrap/objects.tsv",
    "kube_apiserver/schema/facts.bin",
    *(
        "{info}/" + name
        for name in ("METADATA", "RECORD", "entry_points.txt", "licenses/LICENSE", "sboms/sbom.cdx.json")
    ),
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a build must not depend on: the name of its directory, the umask, the time zone and the files' time."""

    directory: str
    umask: int
    time_zone: str
    modified: int


SURROUNDINGS = (
    Surroundings("a", 0o022, "UTC", 1_000_000_000),
    Surroundings("b/two words", 0o077, "Asia/Tokyo", 1_700_000_000),
)


def commit_time(root: Path) -> int:
    """Return the time of the commit that is checked out, in seconds since 1970."""
    return int(_run(["git", "log", "-1", "--format=%ct"], root).decode())


def build_in(scratch: Path, archive: bytes, where: Surroundings, epoch: int) -> dict[str, bytes]:
    """Unpack a tar of the sources and build wheel and source distribution there; return each file by name."""
    source = scratch / where.directory
    source.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(source, filter="data")
    for path in [source, *source.rglob("*")]:
        path.chmod(path.stat().st_mode & 0o777 & ~where.umask)
        os.utime(path, (where.modified, where.modified))
    (project,) = (path.parent for path in [*source.glob("pyproject.toml"), *source.glob("*/pyproject.toml")])
    return _build(project, where, epoch)


def _build(source: Path, where: Surroundings, epoch: int) -> dict[str, bytes]:
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(epoch), "TZ": where.time_zone}
    command = [sys.executable, "-m", "hatchling", "build", "--directory", "out"]
    subprocess.run(
        command,
        cwd=source,
        env=environment,
        umask=where.umask,
        check=True,
        capture_output=True,
        timeout=_DEADLINE_SECONDS,
    )
    return {path.name: path.read_bytes() for path in sorted((source / "out").iterdir())}


def build_all(root: Path, scratch: Path) -> dict[str, bytes]:
    """Build the commit that is checked out in ``root`` in each of the surroundings, and from its own sdist.

    Returns:
        the files of the first build, by name.

    Raises:
        ValueError: two builds differ; the message names the file and the first member that does.
        subprocess.CalledProcessError: a build failed.
    """
    archive, epoch = _run(["git", "archive", "--format=tar", "HEAD"], root), commit_time(root)
    first, second = (build_in(scratch, archive, where, epoch) for where in SURROUNDINGS)
    refuse_differences(first, second)
    (sdist,) = (data for name, data in first.items() if name.endswith(".tar.gz"))
    again = build_in(scratch, sdist, Surroundings("from-sdist", 0o022, "UTC", 1_000_000_000), epoch)
    refuse_differences(first, again)
    return first


def refuse_differences(first: dict[str, bytes], second: dict[str, bytes]) -> None:
    """Raise ``ValueError`` unless both builds made the same files."""
    if first.keys() != second.keys():
        raise ValueError(f"two builds made different files: {sorted(first)} and {sorted(second)}")
    for name, data in first.items():
        if data != second[name]:
            one, two = members(name, data), members(name, second[name])
            differing = [each for each in sorted(one.keys() | two.keys()) if one.get(each) != two.get(each)]
            raise ValueError(f"two builds of {name} differ in {differing[:5] or 'the archive itself'}")


def members(name: str, data: bytes) -> dict[str, tuple[int, int, str]]:
    """Return mode, time and digest of each file in a wheel or a source distribution."""
    if name.endswith(".whl"):
        with zipfile.ZipFile(io.BytesIO(data)) as wheel:
            return {
                each.filename: (each.external_attr >> 16, hash(each.date_time), digest(wheel.read(each)))
                for each in wheel.infolist()
            }
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        found = {}
        for each in tar.getmembers():
            file = tar.extractfile(each)
            found[each.name] = (each.mode, int(each.mtime), digest(file.read() if file else b""))
        return found


def digest(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def faults_of_wheel(names: list[str], version: str) -> list[str]:
    """Say what a wheel has that does not belong there, and what it lacks."""
    info = f"plugin_operator-{version}.dist-info"
    faults = [f"the wheel lacks {name}" for each in _NEEDED if (name := each.format(info=info)) not in names]
    for name in names:
        top = name.partition("/")[0]
        if top not in (*_PACKAGES, info) or name.endswith((".pyc", ".pyo")) or "__pycache__" in name:
            faults.append(f"the wheel has {name}, which does not belong there")
    return faults


def _run(command: list[str], root: Path) -> bytes:
    return subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, timeout=_DEADLINE_SECONDS).stdout
