"""The PDF: how WeasyPrint sets the page on paper, and what the file tells a screen reader."""
