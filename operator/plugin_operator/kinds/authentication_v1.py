"""The kinds of authentication/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class UserInfo(Struct):
    username: str = ""
    uid: str = ""
    groups: list[str] = []
    extra: dict[str, list[str]] = {}


class SelfSubjectReviewStatus(Struct):
    user_info: UserInfo = field(default_factory=UserInfo)


@builtin_kind("authentication.k8s.io/v1/SelfSubjectReview", "selfsubjectreviews", namespaced=False)
class SelfSubjectReview(BuiltinObject):
    status: SelfSubjectReviewStatus = field(default_factory=SelfSubjectReviewStatus)


class TokenReviewSpec(Struct):
    token: str = ""
    audiences: list[str] = []

    def __repr__(self) -> str:
        return "TokenReviewSpec(...)"  # it has a credential


class TokenReviewStatus(Struct):
    authenticated: bool = False
    user: UserInfo = field(default_factory=UserInfo)
    audiences: list[str] = []
    error: str = ""


@builtin_kind("authentication.k8s.io/v1/TokenReview", "tokenreviews", namespaced=False)
class TokenReview(BuiltinObject):
    spec: TokenReviewSpec = field(default_factory=TokenReviewSpec)
    status: TokenReviewStatus = field(default_factory=TokenReviewStatus)
