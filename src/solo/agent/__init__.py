"""What a unit does next, and the running of it: threads of the controller."""
