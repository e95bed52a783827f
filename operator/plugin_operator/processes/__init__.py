"""Several worker processes under one supervisor process, for ``--processes``.

Owns the processes, the messages between them, and the merging of what they report. It knows neither plugins nor the
API server: ``app`` builds what runs in a worker. The supervisor runs no code of plugins.
"""
