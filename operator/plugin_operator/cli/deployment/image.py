"""The image of the operator, as kustomize's ``images`` has it."""

import re

from plugin_operator.errors import UsageError

# By the grammar of distribution/reference.
_IMAGE = re.compile(
    r"(?P<newName>(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:(?:[./]|__?|-+)[a-z0-9]+)*)"
    r"(?::(?P<newTag>\w[\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+:[0-9a-f]{32,}))?",
    re.ASCII,
)


def image_fields(image: str) -> dict[str, str]:
    """Return the fields for an image: name, and digest or tag. Without either, the tag of the base stays.

    Raises:
        UsageError: the text is no reference of an image.
    """
    found = _IMAGE.fullmatch(image)
    if found is None:
        raise UsageError(
            f"--image: {image!r} is no image: write registry.example.com:5000/team/name:tag, or name@sha256:…"
        )
    fields = {name: value for name, value in found.groupdict().items() if value}
    if "digest" in fields:
        fields.pop("newTag", None)  # the digest decides
    return fields
