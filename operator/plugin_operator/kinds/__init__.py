"""The built-in kinds of Kubernetes as typed objects: ``from plugin_operator.kinds import apps_v1``.

One module for each group and version, imported when it is named. All but this file is made by ``make kinds`` from the
schemas of the embedded API server. Leaves the base classes to ``kube.objects``.
"""
