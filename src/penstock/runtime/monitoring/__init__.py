"""What the released model meets, held against what it was trained on: baseline, drift, quality."""
