"""Validation of built-in and custom objects, with kube-apiserver's messages."""
