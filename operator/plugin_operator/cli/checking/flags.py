"""Flags of the commands that check plugins."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plugin_operator.cli.operator_flags import signature_key, validate_timeout
from plugin_operator.cli.output import FORMATS, output_flag
from plugin_operator.cli.parameters import apply

if TYPE_CHECKING:
    from plugin_operator.cli.checking.report import CheckReport

check_flags = apply(
    validate_timeout,
    click.option(
        "--allow-missing-requirements", "allows_missing_requirements", is_flag=True,
        help="Compile a plugin that needs what is not installed here, and do not import it: an image may have it.",
    ),
    signature_key,
    output_flag(formats=(*FORMATS, "github"), help="Form of the output; github prints annotations for GitHub Actions."),
)  # fmt: skip


def checked(
    paths: Sequence[Path],
    *,
    validate_timeout_seconds: float,
    allows_missing_requirements: bool,
    plugins_signature_key: Path | None,
    **settings: Any,
) -> "CheckReport":
    """Check plugins with the values of the flags, and return what was found.

    Args:
        paths: plugin files, plugin folders, or directories of plugins.
        validate_timeout_seconds: value of its flag.
        allows_missing_requirements: value of its flag.
        plugins_signature_key: value of its flag.
        settings: others of ``CheckSettings``.
    """
    from plugin_operator import logs
    from plugin_operator.cli.checking.plugin_check import CheckSettings, check

    logs.configure(level="warning")
    return check(
        paths,
        CheckSettings(
            timeout_seconds=validate_timeout_seconds,
            key_file=plugins_signature_key,
            allows_missing_requirements=allows_missing_requirements,
            **settings,
        ),
    )
