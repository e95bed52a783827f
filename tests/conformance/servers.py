"""Start both API servers: the real one where Go built it, the embedded one as a user starts it."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.differential.targets import Target, running

#: What both servers have on, for the cases about it; it changes nothing for a request that does not ask for it.
FEATURES = "ShardedListAndWatch=true"
#: The control plane runs three controllers of kube-controller-manager, and not these.
ABSENT = "*,-serviceaccount-controller,-root-ca-certificate-publisher-controller"


@contextlib.contextmanager
def real(binary: str, folder: Path) -> Iterator[Target]:
    """Run the control plane with its data, its kubeconfig and its log in ``folder``."""
    command = [binary, "--data-dir", str(folder), "--stop-on-stdin-close", "--", f"--feature-gates={FEATURES}"]
    with running(command, folder / "kubeconfig", folder / "log") as target:
        yield target


@contextlib.contextmanager
def embedded(folder: Path) -> Iterator[Target]:
    """Run the embedded server with its kubeconfig and its log in ``folder``."""
    kubeconfig = folder / "kubeconfig"
    command = [sys.executable, "-m", "plugin_operator", "apiserver", "--exit-with-stdin", "--controllers", ABSENT]
    command += ["--feature-gates", FEATURES, "--write-kubeconfig", str(kubeconfig)]
    with running(command, kubeconfig, folder / "log") as target:
        yield target
