"""The ServiceAccount to which ``rbac`` binds roles, by the flags that name it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from plugin_operator.options import check_namespace, check_object_name

#: What the API server calls ServiceAccounts.
USER_PREFIX = "system:serviceaccount:"


class Account(NamedTuple):
    """A ServiceAccount."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        """The name of its user."""
        return f"{USER_PREFIX}{self.namespace}:{self.name}"


def account_of(flags: Mapping[str, Any]) -> Account:
    """Return the account of ``--namespace``, ``--service-account`` and ``--as``.

    Raises:
        click.UsageError: the flags contradict each other, or name no account.
    """
    namespace, separator, name = flags["account"].rpartition(":")
    if separator and _is_given("namespace") and namespace != flags["namespace"]:
        raise click.UsageError(
            f"--namespace {flags['namespace']} and --service-account {flags['account']} name two namespaces: "
            "leave out one of them"
        )
    account = _checked(namespace if separator else flags["namespace"], name, "--service-account")
    user = flags["user"] or ""
    if user and not flags["diffs"]:
        raise click.UsageError("--as is for --diff: add it, or leave out --as")
    if user in _other_forms(account):
        raise click.BadParameter(f"{user!r} is no user: did you mean {account.user}?", param_hint="--as")
    if not user.startswith(USER_PREFIX) or _is_given("account"):
        return account
    namespace, _, name = user.removeprefix(USER_PREFIX).partition(":")
    asked = _checked(namespace, name, "--as")
    if _is_given("namespace") and asked.namespace != flags["namespace"]:
        raise click.UsageError(f"--namespace {flags['namespace']} and --as {user} name two namespaces: leave out one")
    return asked


def checked_user(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Check the value of ``--as``: a name of the form of a ServiceAccount must be one."""
    del ctx, parameter
    words = value.split(":")
    way_out = f"write {USER_PREFIX}NAMESPACE:NAME"
    if value.startswith(("system:serviceaccounts", "serviceaccount:", "system:sa:")):
        raise click.BadParameter(f"{value!r} is no user: for a ServiceAccount, {way_out}")
    if value.startswith(USER_PREFIX.rstrip(":")) and (len(words) != 4 or not all(words)):
        raise click.BadParameter(f"{value!r} is no ServiceAccount: {way_out}")
    if value != value.strip() or (value and not value.isprintable()):
        raise click.BadParameter(f"{value!r} is no user: it has spaces at its ends, or characters that cannot be seen")
    return value


def _other_forms(account: Account) -> set[str]:
    """Return what people write for an account, though no user has such a name."""
    return {account.name, f"{account.namespace}:{account.name}", f"{account.namespace}/{account.name}"}


def _is_given(flag: str) -> bool:
    return click.get_current_context().get_parameter_source(flag) is not ParameterSource.DEFAULT


def _checked(namespace: str, name: str, flag: str) -> Account:
    try:
        check_namespace(namespace)
        check_object_name(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=flag) from error
    return Account(namespace, name)
