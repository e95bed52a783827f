"""Text of plugins, files and servers on its way to a terminal, and standard streams that break."""
