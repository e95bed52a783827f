"""The arguments and helpers of a reconcile: context, Events, conditions, finalizers, owner references."""
