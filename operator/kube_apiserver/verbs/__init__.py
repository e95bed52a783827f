"""The verbs of the API, one module per verb or family.

They raise `StatusError` for client errors. Only the streaming of a watch depends on HTTP.
"""
