"""Performances edited and mixed."""
