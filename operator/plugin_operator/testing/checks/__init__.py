"""What fails a test with plugins at its end: calls without a permission, and fields that were not stored."""
