"""From labelled clips to what networks are trained on, once and on disk: face crops and mono sound."""
