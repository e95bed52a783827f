"""``plugin-operator sign``: signs a directory of plugins."""

from pathlib import Path

import click

from plugin_operator.cli.command import Command
from plugin_operator.cli.output import output_flag, print_document
from plugin_operator.cli.parameters import PluginsDir
from plugin_operator.cli.terminal.messages import say_line
from plugin_operator.errors import UsageError

_EXAMPLES = (
    ("Sign ./plugins", "sign --key private.pem"),
    ("Sign another directory, and print the serial for a program", "sign --key private.pem ./team -o json"),
)


@click.command("sign", cls=Command, examples=_EXAMPLES, short_help="Sign a directory of plugins.")
@click.argument("directory", type=PluginsDir(), default="./plugins", metavar="[PLUGINS_DIR]")
@click.option(
    "--key", required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Ed25519 private key in PEM: openssl genpkey -algorithm ed25519 -out private.pem",
)  # fmt: skip
@click.option(
    "--serial", type=click.IntRange(min=1), metavar="NUMBER",
    help="Serial of the manifest. Default: the time in seconds, or one more than the last serial.",
)  # fmt: skip
@output_flag()
def command(directory: Path, key: Path, serial: int | None, output: str) -> None:
    """Write plugins.manifest.json, with a digest of every file in PLUGINS_DIR, and its signature plugins.manifest.sig.

    An operator with --plugins-signature-key and the public key loads the directory in this state, and rejects it if
    a file was added, changed or removed. Sign again after each change. Default for PLUGINS_DIR: ./plugins.
    """
    # Imported on demand: --help does not need the cryptography library.
    from plugin_operator.hosting.signing.keys import read_private_key
    from plugin_operator.hosting.signing.sign import sign_directory
    from plugin_operator.hosting.signing.verifier import is_inside

    if is_inside(key, directory):
        raise UsageError(f"--key: {key} is inside {directory} and would be deployed with it: keep it elsewhere")
    manifest = sign_directory(directory, read_private_key(key), serial)
    if output != "table":
        signed = {"directory": str(directory), "serial": manifest.serial, "files": sorted(manifest.digests)}
        print_document(signed, output)
        return
    files = "1 file" if len(manifest.digests) == 1 else f"{len(manifest.digests)} files"
    say_line(f"{directory}: signed {files} with serial {manifest.serial}")
