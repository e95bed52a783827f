"""The server as a command: ``python -m kube_apiserver``. Commands of other packages share its checks and messages."""
