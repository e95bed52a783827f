"""Requirements of plugins: reading them from files, checking them against installed packages, and merging them."""
