"""Validation of objects, built-in and custom, with the messages of kube-apiserver."""
