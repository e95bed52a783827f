"""Flags of the commands that check plugins."""

import click

from plugin_operator.cli.operator_flags import signature_key, validate_timeout
from plugin_operator.cli.output import FORMATS, output_flag
from plugin_operator.cli.parameters import apply

check_flags = apply(
    validate_timeout,
    click.option(
        "--allow-missing-requirements", "allows_missing_requirements", is_flag=True,
        help="Compile a plugin that needs what is not installed here, and do not import it: an image may have it.",
    ),
    signature_key,
    output_flag(formats=(*FORMATS, "github"), help="Form of the output; github prints annotations for GitHub Actions."),
)  # fmt: skip
