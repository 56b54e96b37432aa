"""Cue tables: groups of words that say what is going on, when, and whether it is real.

Each group becomes one feature per zone, so that few labels teach much. A group
says what the words mean, never which event they prove; that is for the classifier.
"""

from __future__ import annotations

import re

#: (group, pattern on the normalised text, case-insensitive).
CUES: tuple[tuple[str, str], ...] = (
    # The moment.
    (
        "liftoff",
        r"\b(?:lift(?:s|ed|ing)?[- ]?off|blast(?:s|ed|ing)? off|roar(?:s|ed|ing)?|soar(?:s|ed|ing)?|leap(?:s|t)?|rises? (?:from|off|above)|climb(?:s|ed|ing)? (?:into|toward|sky|away)|clear(?:s|ed)? the tower|thunder(?:s|ed)|streak(?:s|ed)?|hurtl\w+|is launched|launches|launched (?:from|at|on|aboard)|ascent|ignit\w+|plume|exhaust)\b",
    ),
    (
        "rollout",
        r"\b(?:roll(?:s|ed|ing)?[- ]?(?:out|over|around|back)|crawler|atop (?:the|a) (?:mobile|crawler)|erect(?:ed|ion)|raised (?:in)?to (?:a |the )?(?:vertical|position)|rolled out|train|hard ?down|gantry|encapsulat\w+|stack(?:ed|ing)|mat(?:ed|ing) (?:to|with)|fairing|on the (?:launch )?pad|at (?:the )?(?:launch )?pad)\b",
    ),
    (
        "boarding",
        r"\b(?:walk(?:s|ed|ing)?[- ]?out|depart(?:s|ed|ing)? (?:the |their )?(?:crew quarters|operations|o&c|hotel|building)|on (?:his|her|their|the) way to (?:the )?(?:launch )?pad|ride to the pad|board(?:s|ing)? (?:the )?(?:soyuz|spacecraft|shuttle|bus|orbiter)|farewell|wave goodbye|waves? to|suit(?:s|ed|ing)?[- ]?up|don(?:s|ned|ning)? (?:his|her|their|the)|being helped|strapped|breakfast|closeout crew|final (?:fitting|check))\b",
    ),
    (
        "touchdown",
        r"\b(?:touch(?:es|ed|ing)?[- ]?down|lands|landed|landing|splash(?:es|ed)?[- ]?down|parachut\w+|drag chute|main gear|nose gear|wheels? stop|wheelstop|descen(?:ds|ded|ding|t)|re-?ent(?:ry|er\w*)|glide slope|rollout|final approach)\b",
    ),
    (
        "recovery",
        r"\b(?:recover(?:y|ed|ing)|retriev\w+|hoist\w*|flotation|life raft|raft|swimmers?|frogm[ae]n|pararescue\w*|extract\w+|carried to|medical tent|carrier|recovery ship|search and rescue|helicopters?|after (?:he|she|they|landing)|convoy|safing|post-?landing|reclin\w+)\b",
    ),
    (
        "in-space",
        r"\b(?:aboard|onboard|on board|in orbit|on orbit|weightless\w*|microgravity|zero gravity|floats?|floating|spacewalk\w*|extravehicular|eva|docked|undock\w*|rendezvous|backdropped|earth's horizon|middeck|flight day|photographed (?:by|from)|hatch|airlock|downlink|70mm|hand-?held|astronauts? aboard|lunar surface)\b",
    ),
    (
        "exercise",
        r"\b(?:train(?:s|ed|ing)?|simulat\w+|practic\w+|rehears\w+|drills?|exercises?|familiariz\w+|learn(?:s|ing)?|instruct\w+|lessons?|class(?:room)?|brief(?:s|ed|ing)|exam(?:s|ination\w*)?|qualification|mock-?up|trainer|countdown demonstration|tcdt|dress rehearsal|egress|survival|underwater|run-?through|tutor\w*)\b",
    ),
    (
        "examination",
        r"\b(?:qualification (?:exam|test|training)\w*|final (?:exam|qualification|training)\w*|exam(?:s|inations?)|sign(?:s|ed|ing)? in|commission)\b",
    ),
    (
        "fit",
        r"\b(?:fit[- ]?checks?|equipment interface|interface (?:verification )?test|ceit|tr(?:y|ies|ied|ying) (?:on|out)|leak check|pressure check|seat liner|inspect(?:s|ed|ing)?|sharp edges?|look(?:s|ing)? over|check(?:s|ed|ing)? (?:out|over|the fit)|bench review|fitted|fitting|check-?out|couch)\b",
    ),
    (
        "ceremony",
        r"\b(?:ceremon\w+|tradition\w*|flags?|wreath|flowers?|lay(?:s|ing)? (?:roses|flowers)|plant(?:s|ed|ing)? (?:a |trees?)|plaque|unveil\w*|dedicat\w+|memorial|anniversary|commemorat\w*|tribute|honou?r(?:s|ed|ing)?|award\w*|medals?|present(?:s|ed|ing|ation)?|bless\w*|priest|welcom\w+|send-?off|celebrat\w*|ribbon|parade|reception|speech|speaks? to|remarks|sign(?:s|ed|ing)? (?:a |the |his |her |their )?(?:book|guest|wall|poster|door|name)|statue|wall|monument)\b",
    ),
    (
        "press",
        r"\b(?:press|news (?:conference|briefing)|media|report(?:er|ers|ing)|interview\w*|briefing|journalists?|questions?|television|photographers|podium|panel|webcast|social media)\b",
    ),
    (
        "portrait",
        r"\b(?:portraits?|poses?|posed|posing|crew photo|official|group (?:photo|picture)|patch|insignia|emblem|logo|head and shoulders)\b",
    ),
    (
        "control",
        r"\b(?:mission control|flight control(?:lers?)?|console|control (?:room|center)|capcom|spacecraft communicator|monitor(?:s|ed|ing)?|firing room|flight directors?|mocr)\b",
    ),
    (
        "arrival",
        r"\b(?:arriv\w+|t-38s?|depart\w*|flies|flew|flight from|step(?:s|ped)? (?:off|from|down)|greet\w*|tarmac|walk(?:s|ing)?)\b",
    ),
    (
        "hardware",
        r"\b(?:install\w*|assembl\w*|integrat\w+|process\w+|test(?:s|ed|ing)?|lift(?:s|ed|ing)?|lower(?:s|ed|ing)?|mov(?:es|ed|ing)|transport\w*|crane|hang(?:s|ing)|work stand|workstand|canister|transfer\w*|weld\w*|manufactur\w*|ship(?:ped|ment)|unload\w*|offload\w*|clean ?room|solar (?:array|panel)s?|propellant|fuel(?:ing|ed)?|remov\w+|attach\w*|inspect\w*)\b",
    ),
    (
        "science",
        r"\b(?:image|imaged|images|mosaic|galaxy|galaxies|planet|nebula|crater|rings?|moons?|spectr\w+|telescope|cluster|wavelength|resolution|kilomet\w+|radar|volcan\w+|atmospher\w+|infrared|x-ray|star|stars|comet|asteroid|surface)\b",
    ),
    (
        "aircraft",
        r"\b(?:aircraft|airplane|wing|jet|propeller|helicopter|flight research|wind tunnel|aerodynam\w+|chase|lifting body|cockpit|tilt-?rotor|drone|unmanned|glider|engine test|nacelle)\b",
    ),
    (
        "employees",
        r"\b(?:employees?|workers?|students?|visitors?|guests?|scientists?|officials?|families|family|children|president|senator|congress\w*|director|administrator|vip|dignitar\w+|celebrit\w+)\b",
    ),
    ("spectators", r"\b(?:spectators?|crowds?|onlookers?|watch(?:es|ed|ing)?|viewers?|guests)\b"),
    # Whether it is real, and when.
    (
        "scheduled",
        r"\b(?:(?:is|are|was|were) (?:now |currently )?(?:scheduled|targeted|slated|set|planned|due|expected|to be)|will (?:be|launch|fly|lift|carry|spend|land|return|begin|conduct|deliver|perform|dock|join)|upcoming|next (?:month|week|year|spring|summer|fall|winter)|later this|in preparation for|prepar\w+ (?:for|to)|prior to|before)\b",
    ),
    (
        "past-flight",
        r"\b(?:after (?:spending|\w+ (?:days|months)|a \w+-(?:day|month))|return(?:s|ed|ing)? (?:from|to earth)|completed|concluding|conclu(?:des|sion)|following (?:the|their|a)|flew (?:on|aboard)|served as|during (?:the|their|his|her) (?:mission|flight)|post-?flight)\b",
    ),
    (
        "simulated",
        r"\b(?:simulat\w+|mock-?ups?|rehears\w+|trainers?|practice|demonstration test|boilerplate|full-scale|replica|dummy|manikin|stand-in|test article)\b",
    ),
    (
        "concept",
        r"\b(?:artist|concept(?:ual)?|illustration|rendering|drawing|diagram|sketch|depict\w*|model|scale|computer-generated|chart|schematic|painting|cutaway)\b",
    ),
    (
        "launch-day",
        r"\b(?:launch (?:day|morning)|day of launch|hours? before (?:launch|liftoff)|today's launch|on their way|prior to (?:launch|boarding|liftoff)|tonight|this morning)\b",
    ),
    ("view", r"\b(?:view|seen|backdrop\w*|silhouett\w*|sunrise|sunset|dawn|sky|clouds?|night)\b"),
    ("left-right", r"\b(?:left|right|center|foreground|background|from left|front row|back row)\b"),
    (
        "suit",
        r"\b(?:space ?suits?|pressure suits?|launch and entry suits?|sokol|flight suits?|helmets?|gloves?|emu|orlan|suits?)\b",
    ),
    (
        "crew-collective",
        r"\b(?:crew(?:s|members?| members?)?|astronauts|cosmonauts|quartet|trio|sextet|the (?:two|three|four|five|six|seven))\b",
    ),
    ("absent", r"\b(?:out of (?:the )?(?:frame|view|picture)|not (?:pictured|shown|seen|visible)|hidden|off camera)\b"),
    (
        "other-crew",
        r"\b(?:other (?:\w+[ -]){0,2}(?:crew ?members?|members|astronauts|specialists)|crew ?mates?|the rest of|also (?:aboard|on board|on|flying|assigned)|remaining)\b",
    ),
)

_COMPILED = tuple((group, re.compile(pattern, re.IGNORECASE)) for group, pattern in CUES)


def cue_groups(text: str) -> list[str]:
    """Name the cue groups of which the text holds a word, in the table's order."""
    return [group for group, pattern in _COMPILED if pattern.search(text)]
