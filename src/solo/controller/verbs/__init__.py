"""One handler per verb of the command line: ``handle(controller, params, emit) -> result``."""
