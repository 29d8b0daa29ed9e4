"""Small pictures as SVG: bars and lines with axes, drawn by templates."""
