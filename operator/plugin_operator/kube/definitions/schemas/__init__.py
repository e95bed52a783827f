"""From classes to structural OpenAPI schemas, and whether values fit them."""
