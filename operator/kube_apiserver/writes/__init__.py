"""What all writes share: the steps to a stored object, deletion, and what stands before them."""
