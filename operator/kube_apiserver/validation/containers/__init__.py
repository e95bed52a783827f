"""Validation of the containers of Pods: what they run, read, mount, request and may do."""
