"""What the process shows over HTTP: probes, metrics and its status.

Owns the HTTP servers, the probe endpoints in the form Kubernetes gives them, and their addresses. What is healthy, what
is measured and what the status says is handed in by the layers above. Nothing served here ever holds object data.
"""
