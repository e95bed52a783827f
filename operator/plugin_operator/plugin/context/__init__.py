"""What a reconcile is handed: context, Events, conditions, finalizers."""
