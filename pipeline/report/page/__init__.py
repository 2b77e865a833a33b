"""The page of a night: what it shows (content), where that comes from (gathering), and how it comes to lie on disk."""
