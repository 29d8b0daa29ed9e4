"""Policy files: YAML in, strictly."""
