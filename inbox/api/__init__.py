"""The API of conversations, accounts and people: parse, call a service, answer (architecture.md §4)."""
