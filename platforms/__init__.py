"""Speaks each platform's protocol: bytes to events, content to calls. No Django, no database, no wall clock."""
