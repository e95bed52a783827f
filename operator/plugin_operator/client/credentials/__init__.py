"""Address and credentials of an API server: kubeconfigs, service accounts, exec plugins, TLS and tokens."""
