"""Stylised heads drawn from parameters: pictures with exact landmarks, masks and vertices."""
