"""AEROBI: multi-label architecture search on CODEBRIM, concrete bridge defects.

CODEBRIM (Mundt, Majumder, Murali, Panetsos, Ramesh; CVPR 2019) comes under a
licence of its own: non-commercial research and education only, no
redistribution of the images or of modified versions of them, and whoever uses
it cites the CVPR paper. Nothing here downloads it or ships a pixel of it; how
to get it is in `src/AEROBI/record.py`.
"""
