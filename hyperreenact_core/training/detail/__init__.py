"""Training of the detail transfer on pairs of rendered pictures with exact flow."""
