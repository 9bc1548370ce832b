"""The customers' phones: one page, its styles and modules, and the state it shows."""
