"""From bytes to a loaded revision: modules of its own, and what an import changed in the process."""
