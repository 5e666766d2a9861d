"""The PDF: how the page is set on paper, with WeasyPrint, and what it tells a screen reader."""
