"""Files that commands write for users, never over what users wrote themselves."""
