"""HTTP servers of the process: probes, metrics and status.

Owns the servers, their addresses, and probe endpoints in the format of Kubernetes components. Layers above pass in
checks, metrics and status. No response contains object data.
"""
