"""The files of a new plugin: kinds by the names that people type, templates, and writing without loss."""
