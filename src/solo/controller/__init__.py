"""The one background process of a data directory."""
