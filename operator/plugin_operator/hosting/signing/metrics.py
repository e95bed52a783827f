"""The metric of signed directories, apart from the verification: that needs the cryptography library."""

from plugin_operator.metrics.declaration import gauge

PLUGINS_MANIFEST_SERIAL = gauge(
    "plugin_operator_plugins_manifest_serial", "Serial of the last accepted signed manifest", merge="lowest"
)
