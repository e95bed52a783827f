"""What is known of a program: its functions and classes, and what its names may hold."""
