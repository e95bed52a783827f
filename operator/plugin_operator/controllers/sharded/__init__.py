"""Controllers that reconcile a part of the objects, where other processes reconcile the rest."""
