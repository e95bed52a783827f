"""The differential harness: the same requests to two API servers, and what differs between their answers.

Owns the language of the cases, the client that plays them, the normalising of what may differ (identities, times,
versions) and the comparison. Which servers are meant is the caller's business: each is a kubeconfig.
"""
