"""The command line: one module per verb, each a table of flags, one call, one print."""
