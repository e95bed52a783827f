"""What differs between an object as it was read and as it is now, and what a write of the difference would lose."""
