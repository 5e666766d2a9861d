"""What is written: pours a bundle through the templates into HTML and PDF. Never imports torch."""
