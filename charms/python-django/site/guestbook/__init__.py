"""A guest book: the site that is shown until somebody brings a project."""
