"""Bundles: several applications, their machines and relations in one file."""
