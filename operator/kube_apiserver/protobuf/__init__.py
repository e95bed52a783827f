"""Decoding of request bodies in Kubernetes' protobuf encoding, which kubectl sends.

The package decodes the envelope and every built-in kind to its JSON form. Responses are never protobuf, because every
client also accepts JSON.
"""

from kube_apiserver.protobuf.envelope import ProtobufError, decode

__all__ = ["ProtobufError", "decode"]
