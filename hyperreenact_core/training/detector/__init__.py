"""Training of the face detector on scenes composed of rendered heads."""
