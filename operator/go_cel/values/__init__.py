"""Values at run time. Numbers, strings, bytes, lists and maps are those of Python; the others are classes here."""
