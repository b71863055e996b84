"""People at work: store, command line, API."""
