"""The Dockerfile's base image, made of Debian packages: no registry of images is asked.

Owns one tar file below the user's cache directory, outside the checkout: a minimal Debian with Python, and with pip
where the official images have it. What is built on it is ``image``'s business.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SUITE = "bookworm"
PACKAGES = "python3,python3-venv,ca-certificates"
# The official images have "python" and an unmanaged pip; Debian has a wheel of pip for its virtual environments.
LIKE_THE_OFFICIAL_ONE = """
rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
ln -s python3 /usr/bin/python
wheel=$(ls /usr/share/python-wheels/pip-*.whl)
env -i PATH="$PATH" python "$wheel/pip" install --quiet --no-index --no-cache-dir --root-user-action=ignore "$wheel"
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/debconf/* /var/log/*
"""


def base_archive() -> Path:
    """Return the tar file with the base's root file system; the first call on a machine takes a minute.

    Raises:
        RuntimeError: debootstrap failed; the message ends with what it said.
    """
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plugin-operator" / "image"
    key = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:20]
    archive = root / f"{SUITE}-{key}.tar"
    if not archive.exists():
        root.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="base-", dir=root))
        try:
            _make(folder / "files", folder / "base.tar")
            (folder / "base.tar").rename(archive)
        finally:
            shutil.rmtree(folder)
    return archive


def _make(files: Path, archive: Path) -> None:
    run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(files))
    run("chroot", str(files), "sh", "-ec", LIKE_THE_OFFICIAL_ONE)
    run("tar", "--one-file-system", "-C", str(files), "-cf", str(archive), ".")


def run(*command: str, cwd: Path | None = None) -> str:
    """Run one step and return what it printed; a failure raises RuntimeError with the end of it."""
    ended = subprocess.run(
        command, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=600
    )
    if ended.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:4])} ended with {ended.returncode}:\n{ended.stdout[-3000:]}")
    return ended.stdout
