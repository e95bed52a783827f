"""What the operator reports of itself: health, status, and streams that are stale."""
