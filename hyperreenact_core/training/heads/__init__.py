"""The starter set on realistic heads: its data, its stages, its runs."""
