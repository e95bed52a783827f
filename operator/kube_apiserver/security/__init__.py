"""Authentication, authorization, certificates and tokens."""
