"""Juju's model as rows: SQL and rules, one noun per module, functions of a transaction."""
