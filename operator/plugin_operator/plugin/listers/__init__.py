"""What plugins read of caches: the protocol ``Lister``, and the lister of typed objects."""
