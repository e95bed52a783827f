"""``InformerKey``: users with equal keys share one informer."""

from dataclasses import dataclass
from typing import Self

from plugin_operator.kube import FieldSelector, GroupVersionKind, LabelSelector


@dataclass(frozen=True, slots=True)
class InformerKey:
    """One kind, optionally in one namespace or with selectors; ``metadata_only`` caches metadata alone."""

    gvk: GroupVersionKind
    namespace: str | None = None
    label_selector: str = ""
    field_selector: str = ""
    metadata_only: bool = False

    def canonical(self) -> Self:
        """Return the key with selectors in canonical form.

        Raises:
            SelectorError: a selector cannot be parsed.
        """
        return type(self)(
            self.gvk,
            self.namespace or None,
            str(LabelSelector.parse(self.label_selector)),
            str(FieldSelector.parse(self.field_selector)),
            self.metadata_only,
        )

    def __str__(self) -> str:
        where = f" in {self.namespace}" if self.namespace else ""
        selectors = [text for text in (self.label_selector, self.field_selector) if text]
        return f"{self.gvk}{where}{' with ' + ' and '.join(selectors) if selectors else ''}"
