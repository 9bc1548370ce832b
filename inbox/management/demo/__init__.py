"""What the demo starts with: shops, people, a past day, and customers who wait."""
