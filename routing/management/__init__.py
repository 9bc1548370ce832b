"""What administrators do on the command line."""
