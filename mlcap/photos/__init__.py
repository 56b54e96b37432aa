"""Tags into photographs: a plan, which is applied and can be undone by the journal of its run.

What is read from photographs, and exiftool itself, are in `mlcap.records`.
"""
