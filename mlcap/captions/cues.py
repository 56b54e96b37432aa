"""Cue tables for the boundary between lead and background."""

from __future__ import annotations

import re

#: A second or third sentence that still describes the picture.
LEAD_GOES_ON = re.compile(
    r"^(?:From (?:the )?(?:left|right|front|top|bottom|foreground)|(?:Pictured|Shown|Seen|Standing|Seated|Sitting|Kneeling|Posing|Visible|Looking on|"
    r"Helping|Assisting|Joining|Accompany\w+|Flanking|Watching|With (?:him|her|them)|Beside|Behind (?:him|her|them)|Next to|In the (?:fore|back)ground|In front|"
    r"(?:At|On|To) (?:the |his |her |their )?(?:left|right|center|far)|Center|Left|Right|Clockwise|Front row|Back row|In (?:the )?(?:front|back|rear|top|bottom) row)\b)"
    r"|\((?:left|right|center|foreground|background|seated|standing|kneeling|front|back|from left|left to right|second from|third from|far)\b"
    r"|\b(?:from left|left to right|at (?:the )?(?:left|right|far left|far right|center)|l-?r|looks? on|in the (?:foreground|background)|(?:is|are) (?:seen|shown|pictured|visible|seated|standing)|can be seen|partially (?:hidden|visible|obscured)|out of frame|not pictured|not shown|hidden from view|camera)\b",
    re.IGNORECASE,
)

#: A sentence that tells of the mission; one such ends the lead unless it also points into the picture.
LEAD_IS_OVER = re.compile(
    r"^(?:Other (?:STS|crew|members)|The (?:other|remaining)|Launch (?:is|of|was)|Landing|The launch|Liftoff|The (?:\w+[ -]){0,3}mission|STS-\w+ (?:is|will|was)|"
    r"Space Shuttle \w+ is|During (?:the|their|his|her) (?:\w+[ -]){0,4}(?:mission|flight)|This (?:is|was|will be) (?:the )?(?:\w+ ){0,3}(?:flight|mission)|"
    r"The (?:\w+ ){0,3}(?:payload|satellite|spacecraft) (?:is|will|was))"
    r"|\b(?:will (?:launch|fly|lift|spend|return|dock|replace|serve|deliver|be launched)|(?:is|are) (?:scheduled|targeted|slated|due|set|planned|expected) (?:to|for)|are (?:training|preparing) for|"
    r"(?:returned|returning) (?:to Earth )?(?:after|from)|served as members|six-month|five-month|liftoff)\b",
    re.IGNORECASE,
)

#: What stands alone before the first real sentence: a title in capitals, a place, a number.
NO_SENTENCE = re.compile(r"[\dA-Z\W]{1,80}|(?:View|Photo|Image|DATE|Date|Location|Subject)\b.{0,40}", re.DOTALL)
