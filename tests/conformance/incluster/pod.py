"""One container without a kubelet: mounts, user and environment as the image and the pod's specification say.

Linux gives what is needed to root: a mount namespace whose root file system is the image's, read-only, with the pod's
volumes in it, then another user without any capability. Cgroups and a network namespace are left out: the ports are
this machine's.
"""

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


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


def command(
    root: Path, mounts: Sequence[Mount], user: int, group: int, environment: Mapping[str, str], argv: Sequence[str]
) -> list[str]:
    """Return the command line that becomes the container's process; signals reach it.

    Args:
        root: The unpacked image. Places to mount at are made in it, as a runtime makes them in the container's layer.
        mounts: The pod's volumes.
        user: The process's user.
        group: The process's group.
        environment: All of the process's environment.
        argv: The program, found on the image's PATH, and its arguments.
    """
    place = shlex.quote(str(root))
    lines = ["set -e", f"mount --bind {place} {place}"]
    for mount in mounts:
        # The image's own links decide where a path leads: its /var/run is /run.
        lines.append(f"chroot {place} mkdir -p {mount.target}")
        lines.append(f"at={place}$(chroot {place} realpath {mount.target})")
        lines.append(f'mount --bind {shlex.quote(str(mount.source))} "$at"')
        if mount.read_only:
            lines.append('mount -o remount,bind,ro "$at"')
    lines += [f"mount --bind /proc {place}/proc", f"mount --bind /dev {place}/dev", f"mount -o remount,bind,ro {place}"]
    who = [f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs", "--inh-caps=-all"]
    inside = ["chroot", str(root), "setpriv", *who, "--bounding-set=-all", "env", "-i", "-C", "/"]
    lines.append("exec " + shlex.join([*inside, *(f"{k}={v}" for k, v in environment.items()), *argv]))
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(lines)]
