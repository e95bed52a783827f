"""Validation of the sources of volumes and of claims for volumes, which Pods and PersistentVolumes have."""
