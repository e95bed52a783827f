"""The gates of children: whether one is closed, why, and since when.

Owns how readiness is judged. Leaves the children to the package around it.
"""
