"""Reading objects as Go reads them: types, unknown fields, and the form in which they are written back."""
