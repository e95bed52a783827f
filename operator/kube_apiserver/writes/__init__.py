"""Steps common to all writes: completion, validation, storing, deletion and their guards."""
