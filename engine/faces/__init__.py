"""Faces: found by MTCNN, followed within a shot, linked to persons, cut out as squares."""
