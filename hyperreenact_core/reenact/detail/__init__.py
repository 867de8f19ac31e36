"""Carries the source's own pixels: a head fitted to the source, posed anew, gives their flow."""
