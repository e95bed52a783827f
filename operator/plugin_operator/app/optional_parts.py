"""Parts of the operator that its options may switch on, imported on demand because of their memory."""

from typing import TYPE_CHECKING

from plugin_operator.errors import UsageError
from plugin_operator.hosting.signing.metrics import PLUGINS_MANIFEST_SERIAL
from plugin_operator.metrics import Metrics
from plugin_operator.options import Options

if TYPE_CHECKING:
    from plugin_operator.app.tracing import Tracing
    from plugin_operator.hosting import Verifier


def make_tracing(options: Options, version: str) -> "Tracing | None":
    """Return tracing, if it is on.

    Raises:
        UsageError: OpenTelemetry is not installed, or its environment variables are invalid.
    """
    if not options.tracing:
        return None
    try:
        from plugin_operator.app.tracing import Tracing
    except ImportError as error:
        raise UsageError(
            f"--enable-tracing needs OpenTelemetry ({error}): pip install 'plugin-operator[tracing]'"
        ) from error
    return Tracing.from_environment(version)


def make_trust(options: Options, metrics: Metrics) -> "Verifier | None":
    """Return the check of signatures, if there is a key.

    Raises:
        UsageError: the key is invalid.
    """
    key = options.plugins_signature_key
    if key is None:
        return None
    from plugin_operator.hosting.signing.verifier import Verifier

    trust = Verifier.for_directory(key, options.plugins_dir)
    metrics.family(PLUGINS_MANIFEST_SERIAL).set_source(lambda: {(): trust.serial} if trust.serial else {})
    return trust
