"""A kind in a file of its own, ``crds/widgets.yaml``, and a plugin that works on it with dicts."""

from pathlib import Path

_DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  names: {kind: Widget, listKind: WidgetList, plural: widgets, singular: widget}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""

_PLUGIN = """\
from plugin_operator import controller, permission

@controller(
    for_="example.com/v1/Widget",
    permissions=[permission("widgets/status", ["update"], api_groups="example.com")],
)
async def widget(ctx, request):
    obj = ctx.lister.get(request)
    if obj is not None and ctx.set_condition(obj, "Ready", True, "Seen", "it was seen"):
        await ctx.client.update_status(obj)
"""


def write_widgets(folder: Path) -> Path:
    """Write ``crds/widgets.yaml`` and ``plugins/widget.py`` into a folder; return the first."""
    definition = folder / "crds" / "widgets.yaml"
    for path, text in ((definition, _DEFINITION), (folder / "plugins" / "widget.py", _PLUGIN)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return definition
