"""``python -m release VERSION [--dry-run]``: check, build, compare, sum up and tag; all but the upload.

``python -m release --set-version VERSION`` writes a version to every place that names one. The checks need a second
environment with twine and the CycloneDX library (``--tools``), which ``make release`` makes.
"""

import argparse
import datetime as dt
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from release import builds, sbom, versions

ROOT = Path(__file__).parents[2]
_DEADLINE_SECONDS = 120
_VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(str(fault) if fault else 0)
"""


class NotReleased(Exception):
    """A check failed; the message says what is wrong and the way out."""


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    parser.add_argument("version", nargs="?", default="")
    parser.add_argument(
        "--dry-run", action="store_true", help="neither a tag, nor a date in the changelog, nor a clean tree"
    )
    parser.add_argument("--set-version", metavar="VERSION")
    parser.add_argument("--tools", type=Path, default=Path(sys.executable).parent, help="bin/ with twine and cyclonedx")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    asked = parser.parse_args()
    try:
        if asked.set_version:
            changed = versions.set_version(ROOT, asked.set_version)
            sbom.PATH.write_text(sbom.bill_of_materials())
            print("\n".join(changed) or f"every place names {asked.set_version} already")
            return 0
        release(asked.version or versions.current(ROOT), asked.tools, asked.out, is_dry=asked.dry_run)
    except (NotReleased, ValueError) as error:
        print(f"not released: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        output = (error.stderr or b"") + (error.stdout or b"")
        print(f"not released: {error}\n{output.decode(errors='replace')}", file=sys.stderr)
        return 1
    return 0


def release(version: str, tools: Path, out: Path, *, is_dry: bool) -> None:
    """Do all but the upload, and leave wheel, source distribution and SHA256SUMS in ``out``.

    Raises:
        NotReleased, ValueError: a check failed. No tag is made.
        subprocess.CalledProcessError: git, a build or a tool failed. No tag is made.
    """
    if not is_dry and (dirty := git("status", "--porcelain")):
        raise NotReleased(f"the tree is not clean: commit or remove\n{dirty}")
    refuse_disagreement(version)
    refuse_changelog((ROOT / "docs" / "changelog.md").read_text(), version, is_dry=is_dry)
    if not is_dry and git("tag", "--list", f"v{version}"):
        raise NotReleased(f"the tag v{version} exists: a version is released once")
    if not is_dry:
        run([sys.executable, "-m", "tests.surface", "--check"])
    say("versions and changelog agree")
    with tempfile.TemporaryDirectory() as scratch:
        made = builds.build_all(ROOT, Path(scratch))
    say("three builds made the same bytes")
    out.mkdir(exist_ok=True)
    for path in out.iterdir():
        path.unlink()
    for name, data in made.items():
        (out / name).write_bytes(data)
    check_files(out, version, tools)
    say("contents, metadata and bill of materials are valid")
    sums = "".join(f"{builds.digest(data)}  {name}\n" for name, data in sorted(made.items()))
    (out / "SHA256SUMS").write_text(sums)
    print(sums, end="")
    if is_dry:
        say(f"dry run of {version}: no tag")
        return
    git("tag", "--annotate", f"v{version}", "--message", f"plugin-operator {version}")
    say(f"tagged v{version}. Left to do:")
    print(f"git push origin v{version}\ntwine upload {os.path.relpath(out)}/plugin_operator-*")


def refuse_disagreement(version: str) -> None:
    """Raise ``NotReleased`` unless every place and the bill of materials name ``version``."""
    if not versions.is_version(version):
        raise NotReleased(f"{version!r} is no version: write X.Y.Z, or X.Y.Zrc1 for a pre-release")
    faults = versions.disagreements(ROOT)
    if (now := versions.current(ROOT)) != version:
        faults.append(f"pyproject.toml has version {now}: run make set-version VERSION={version}, and commit")
    if sbom.PATH.read_text() != sbom.bill_of_materials():
        faults.append("requirements/sbom.cdx.json is not of these pins and this version: run make sbom, and commit")
    if faults:
        raise NotReleased("\n".join(faults))


def refuse_changelog(text: str, version: str, *, is_dry: bool) -> None:
    """Raise ``NotReleased`` unless the newest section is of ``version``, says something and has a date."""
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    title, _, body = (sections[0] if sections else "").partition("\n")
    name, _, date = title.partition(" - ")
    if name != version:
        raise NotReleased(f"the newest section of docs/changelog.md is {title!r}: it must be of {version}")
    if not re.search(r"^- \S", body, re.MULTILINE):
        raise NotReleased(f"the section {title!r} of docs/changelog.md is empty")
    if is_dry and date == "unreleased":
        return
    try:
        dt.date.fromisoformat(date)
    except ValueError:
        raise NotReleased(
            f"the section {title!r} of docs/changelog.md needs a date: '{version} - YYYY-MM-DD'"
        ) from None


def check_files(out: Path, version: str, tools: Path) -> None:
    """Raise unless the wheel has what belongs there, twine takes both files, and the schema takes the SBOM."""
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        if faults := builds.faults_of_wheel(names, version):
            raise NotReleased("\n".join(faults))
        (bill,) = (archive.read(name) for name in names if name.endswith(".dist-info/sboms/sbom.cdx.json"))
    run([str(tools / "twine"), "check", "--strict", *(str(path) for path in out.glob("plugin_operator-*"))])
    run([str(tools / "python"), "-c", _VALIDATE], bill)


def git(*arguments: str) -> str:
    """Run git in the checkout; return what it prints, without the last line break."""
    return run(["git", *arguments]).decode().strip()


def run(command: list[str], data: bytes | None = None) -> bytes:
    """Run a command in the checkout; return its output, or raise ``CalledProcessError`` with it."""
    return subprocess.run(
        command, cwd=ROOT, input=data, capture_output=True, check=True, timeout=_DEADLINE_SECONDS
    ).stdout  # fmt: skip


def say(text: str) -> None:
    """Print a line of progress."""
    print(f"release: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
