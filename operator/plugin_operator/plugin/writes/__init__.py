"""What reconciles write: reading it back, denied rights, and controllers that write for ever."""
