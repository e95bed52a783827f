"""What makes a release: one version everywhere, the bill of materials, two equal builds, and their sums.

``python -m release`` (``make release``) does all but the upload. Nothing in the wheel comes from here.
"""
