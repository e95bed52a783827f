"""A Kubernetes operator that loads controllers from plain ``.py`` files and reloads each when its file changes."""
