"""What a CustomResourceDefinition may say, and the schema it makes."""
