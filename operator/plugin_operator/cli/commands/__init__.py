"""The commands of ``plugin-operator``, one module each."""
