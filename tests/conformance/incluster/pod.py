"""One container without a kubelet: mounts, user and environment as the pod's specification says.

Linux gives what is needed to root: a mount namespace whose root file system is read-only and holds the interpreter, the
program and the pod's volumes, then another user without any capability. Images, cgroups and a network namespace are
left out: the files are those of this machine, and the ports are this machine's.
"""

import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc")


@dataclass(frozen=True, slots=True)
class Mount:
    """A host directory at a place in the container."""

    source: Path
    target: str
    read_only: bool = True


def why_not() -> str:
    """Return why this machine cannot run such a container, "" if it can."""
    tried = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return tried.stderr.strip() or ("" if tried.returncode == 0 else f"unshare ended with {tried.returncode}")


def image_environment() -> dict[str, str]:
    """Return the variables that the Dockerfile's last stage sets."""
    stage = (REPOSITORY / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    block = re.search(r"^ENV ((?:.*\\\n)*.*)$", stage, re.MULTILINE)
    assert block is not None
    found = dict(re.findall(r"(\w+)=(\S+)", block[1]))
    return {**found, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}


def command(
    root: Path, mounts: Sequence[Mount], user: int, group: int, environment: Mapping[str, str], argv: Sequence[str]
) -> list[str]:
    """Return the command line that becomes the container's process; signals reach it."""
    shared = [Mount(Path(path), path) for path in SYSTEM if Path(path).exists() and not Path(path).is_symlink()]
    prefixes = {sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), str(REPOSITORY / "operator")}
    shared += [Mount(Path(path), path) for path in sorted(prefixes)]
    links = {path: Path(path).readlink() for path in SYSTEM if Path(path).is_symlink()}
    lines = ["set -e", f"mount -t tmpfs -o mode=755 tmpfs {root}"]
    lines += [f"ln -s {target} {root}{path}" for path, target in links.items()]
    # What is mounted into another mount comes after it: a checkout may lie below /tmp.
    for mount in sorted((*shared, *mounts), key=lambda mount: mount.target):
        place = shlex.quote(f"{root}{mount.target}")
        lines += [f"mkdir -p {place}", f"mount --bind {shlex.quote(str(mount.source))} {place}"]
        if mount.read_only:
            lines.append(f"mount -o remount,bind,ro {place}")
    lines += [f"mkdir -p {root}/proc {root}/dev", f"mount --bind /proc {root}/proc", f"mount --bind /dev {root}/dev"]
    lines.append(f"mount -o remount,ro {root}")
    who = [f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs", "--inh-caps=-all"]
    inside = ["chroot", str(root), "setpriv", *who, "--bounding-set=-all", "env", "-i", "-C", "/"]
    lines.append("exec " + shlex.join([*inside, *(f"{k}={v}" for k, v in environment.items()), *argv]))
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(lines)]
