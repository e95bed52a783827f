"""Objects in a cluster that bear marks of controllers: what plugins have left behind."""
