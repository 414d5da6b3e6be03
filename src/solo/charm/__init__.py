"""What a unit runs: metadata, archive, environment, pack."""
