"""What the pages are made of: Jinja templates, style sheet, script."""
