"""The lint that finds copies of typed values by a function that forgets which fields were set."""

import pytest

from plugin_operator.hosting.lints.registry import lint

TYPED = "import msgspec\nfrom plugin_operator import Struct\nclass Spec(Struct):\n    size: int = 1\n"
BUILTIN = "from msgspec.structs import replace\nfrom plugin_operator.kinds import apps_v1\npod = apps_v1.Deployment()\n"


def rules_in(code: str) -> list[str]:
    return [rule for rule, _, _ in lint(code.encode(), {}, None)]


@pytest.mark.parametrize(
    "code", [f"{TYPED}msgspec.structs.replace(spec, size=1)\n", f"{BUILTIN}replace(pod, spec=None)\n"]
)
def test_a_replace_of_msgspec_in_a_file_with_typed_values_is_found(code: str) -> None:
    assert rules_in(code) == ["PO114"]


@pytest.mark.parametrize(
    "code",
    [
        "import msgspec\nclass Own(msgspec.Struct):\n    size: int = 1\nmsgspec.structs.replace(Own(), size=1)\n",
        f"{TYPED}import copy\ncopy.replace(spec, size=1)\n",
        f"{TYPED}'a'.replace('a', 'b')\n",
    ],
)
def test_other_copies_are_left_alone(code: str) -> None:
    assert rules_in(code) == []
