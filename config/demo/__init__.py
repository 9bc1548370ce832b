"""`make demo`: the product, its sandbox and demo shops, started, watched and stopped as one program."""
