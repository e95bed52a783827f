"""The command line of ``python -m kube_apiserver``."""

import argparse
from pathlib import Path

from kube_apiserver.command.flags import Flags, parse_address

_PROGRAM = "python -m kube_apiserver"
_DESCRIPTION = """\
Serve the Kubernetes API to kubectl and any client library, in memory or kept in a folder.

No scheduler and no kubelet: objects are stored, validated, watched and garbage collected, pods never run.
It prints one line once it answers, with the address and the kubeconfig. SIGTERM and Ctrl-C stop it.
"""
_EXAMPLES = f"""\
examples:
  # On a free port, with a kubeconfig in this folder
  {_PROGRAM}
  # With the CRDs and objects in the files of a folder
  {_PROGRAM} --seed config/crd
  # On a fixed port, without TLS and token
  {_PROGRAM} --bind-address 127.0.0.1:8080 --no-tls
  # Keep the objects
  {_PROGRAM} --data-dir ./data
"""
_LEVELS = ("debug", "info", "warning", "error")


def parser() -> argparse.ArgumentParser:
    """Return the parser. Its errors end the process with status 2."""
    made = argparse.ArgumentParser(
        prog=_PROGRAM,
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = made.add_argument
    add(
        "--bind-address", default=("127.0.0.1", 0), type=_address, metavar="HOST:PORT",
        help="where to listen; port 0 takes a free one (default: 127.0.0.1:0)",
    )  # fmt: skip
    add(
        "--write-kubeconfig", dest="kubeconfig", default=Path("kubeconfig"), type=Path, metavar="FILE",
        help="file that kubectl can use; readable by you alone (default: %(default)s)",
    )  # fmt: skip
    add("--data-dir", type=Path, metavar="FOLDER", help="keep objects in this folder (default: in memory)")
    add(
        "--seed", dest="seeds", action="append", default=[], type=Path, metavar="PATH",
        help="YAML or JSON file, or a folder of them, with CRDs and objects to start with; repeatable",
    )  # fmt: skip
    add("--no-tls", dest="tls", action="store_false", help="serve plain HTTP, and require no token unless one is given")
    add(
        "--token-file", type=Path, metavar="FILE",
        help="file with the token that clients must send (default: a generated one, in the kubeconfig)",
    )  # fmt: skip
    add(
        "--controllers", default="*", metavar="NAMES",
        help="controllers to run, as for kube-controller-manager: '*,-serviceaccount-controller' (default: *)",
    )  # fmt: skip
    add(
        "--feature-gates", default="", metavar="NAME=true,…",
        help="alpha features to turn on, as for kube-apiserver: 'ShardedListAndWatch=true'",
    )  # fmt: skip
    add("--exit-with-stdin", action="store_true", help="end when standard input ends, such as with the parent process")
    add("--log-level", default="warning", choices=_LEVELS, help="lowest level that is logged (default: %(default)s)")
    return made


def flags_of(found: argparse.Namespace) -> Flags:
    """Return the flags of a parsed command line that are settings of the server."""
    host, port = found.bind_address
    return Flags(
        host=host,
        port=port,
        kubeconfig=found.kubeconfig,
        data_dir=found.data_dir,
        seeds=tuple(found.seeds),
        tls=found.tls,
        token_file=found.token_file,
        controllers=found.controllers,
        feature_gates=found.feature_gates,
    )


def _address(text: str) -> tuple[str, int]:
    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
