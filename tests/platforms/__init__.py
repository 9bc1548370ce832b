"""Platforms need no Django and no database; their network is a function."""
