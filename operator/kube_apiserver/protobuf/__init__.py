"""Request bodies in Kubernetes' protobuf encoding, as kubectl sends them, into JSON-like objects.

Owns the envelope and the decoding of every built-in kind. Answers are never protobuf: clients take JSON back.
"""

from kube_apiserver.protobuf.envelope import ProtobufError, decode

__all__ = ["ProtobufError", "decode"]
