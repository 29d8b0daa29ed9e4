"""The description of the HTTP surface, as OpenAPI and as a page."""
