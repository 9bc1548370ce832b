"""What tests stand on: servers, a browser, child processes."""
