"""`make bench`: what the product costs on this machine, against the limits we promise. No suite holds a timed test."""
