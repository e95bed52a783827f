"""HTTP/1.1 as the servers of the process need it: ``GET`` and ``HEAD`` without bodies, on ``httptools``.

Owns parsing, routing, responses and the state of one connection. Leaves accepting, deadlines and limits of connections
to the package above, and content to its routes.
"""
