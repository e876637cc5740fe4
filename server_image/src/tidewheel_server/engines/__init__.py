"""Whatever computes predictions, behind one seam."""
