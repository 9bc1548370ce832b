"""Pages: what people see in a browser. Everything is fetched through `inbox.queries`."""
