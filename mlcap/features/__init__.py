"""Features: masked words of each zone, cues, codes, people and role mentions."""
