"""Validation of Pod specs, which Pods and the templates of workloads share."""
