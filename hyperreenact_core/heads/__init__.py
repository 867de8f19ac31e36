"""Realistic heads: people, performances, light and camera, drawn with every truth about them.

Units are decimetres; x to the right as the viewer sees it, y up, z towards the viewer.
"""
