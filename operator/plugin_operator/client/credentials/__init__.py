"""How to reach and convince an API server: kubeconfigs, service accounts, exec plugins, TLS and tokens."""
