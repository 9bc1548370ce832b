"""The other side: a twin of the platforms' servers, with faults on demand, a call log and customers' phones.

A program of its own (`uvicorn platforms.sandbox.app:app --port 8001`) for the demo, the tests and the
benchmarks; the product talks to it as it talks to the platform. See README.md in this folder.
"""
