"""Kubernetes' protobuf encoding of every built-in kind, in requests and answers, which Go's typed clients prefer."""

from kube_apiserver.protobuf.envelope import ProtobufError, decode, encode, encode_event

__all__ = ["ProtobufError", "decode", "encode", "encode_event"]
