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

#: Scenes: what there is to be seen, finer than the groups above. (group, pattern, case-insensitive.)
SCENES: tuple[tuple[str, str], ...] = (
    # On the way to space.
    (
        "pad-view",
        r"\b(?:on|at|near|from|leaves?|around) (?:the |its |historic )?(?:launch )?pad\b|\bpad \d+|\bgantry\b|\bservice (?:structure|tower|gantry)\b|\bumbilical (?:tower|mast)\b|\bflame trench\b|\bhard ?stand\b|\blightning (?:mast|tower|rod)s?\b|\bswing arms?\b",
    ),
    (
        "stacking",
        r"\b(?:stack(?:s|ed|ing)?|mat(?:e|ed|es|ing)|encapsulat\w+|fairing|shroud|joined to|bolted|attach(?:ed|ing)? to (?:the |its )?(?:external|solid|rocket|booster|tank|second|first|upper)|rollover|transfer aisle|high bay|lifting sling|core stage|segment)\b",
    ),
    (
        "rolling",
        r"\b(?:roll(?:s|ed|ing)?[- ]?(?:out|back)|first motion|crawler(?:way)?|crawl(?:s|ed|ing)|by rail|railcar|train|locomotive|erect(?:ed|ion|or)|hoisted upright|raised|vertical)\b",
    ),
    (
        "countdown",
        r"\b(?:countdown|t-\d+|t minus|scrub\w*|hold|launch attempt|propellant load\w*|tanking|fuel(?:ed|ing)|weather (?:delay|briefing|officer)|polling|go for launch)\b",
    ),
    (
        "crew-departure",
        r"\b(?:walk(?:s|ed|ing)?[- ]?out|astro ?van|crew transport|crew quarters|transfer van|leav(?:e|es|ing) (?:the |their |crew )?(?:quarters|hotel|building|suit)|head(?:s|ed|ing)? (?:for|to) (?:the )?(?:launch )?pad|board(?:s|ed|ing)? (?:the |their )?(?:soyuz|bus|rocket|shuttle|spacecraft)|foot of the (?:rocket|stairs)|top of the (?:stairs|ladder)|ladder|elevator|ingress)\b",
    ),
    (
        "suiting",
        r"\b(?:suit(?:s|ed|ing)?[- ]?up|suit room|don(?:s|ned|ning)?|zip\w*|gloves?|neck ring|helmet|visor|bib|suit (?:tech|expert|engineer)\w*|dress(?:ed|es|ing) in|launch and entry suit|orange)\b",
    ),
    (
        "ascent",
        r"\b(?:lift(?:s|ed)?[- ]?off|liftoff|blast\w*|climb\w*|clear(?:s|ed)? the tower|ascend\w*|ascent|plume|exhaust|contrail|trail|booster separation|max q|roars?|flames?|pillar|column of|night sky|arc\w*|long exposure|time exposure|thrust)\b",
    ),
    (
        "watching",
        r"\b(?:spectators?|onlookers?|crowds?|viewing (?:site|area|stand)|bleachers|causeway|watch(?:es|ed|ing)?|binoculars|cameras|cheer\w*|guests)\b",
    ),
    # On the way back.
    (
        "runway-landing",
        r"\b(?:runway|touch(?:es|ed)?[- ]?down|wheels?[- ]?stop|drag (?:chute|parachute)|main (?:landing )?gear|nose (?:gear|wheel)|lakebed|rollout on|landing gear|glide|sonic boom|convoy|purge|tow(?:s|ed|ing)|final approach|swoop\w*)\b",
    ),
    (
        "capsule-landing",
        r"\b(?:parachutes?|chutes?|canopy|canopies|steppe|descent module|soft landing|retro-?rocket|scorched|charred|capsule|heat shield|grass|snow|retrorocket)\b",
    ),
    (
        "sea-recovery",
        r"\b(?:splash\w*|recovery (?:ship|vessel|zone|area|helicopter|swimmer)|aboard the (?:uss|recovery|prime)|aircraft carrier|well deck|flotation|life raft|raft|fast boats?|hoist\w*|frogm[ae]n|pararescue\w*|bob(?:s|bing)|swells?|uss)\b",
    ),
    (
        "after-landing",
        r"\b(?:extract\w*|carried|carries|carry|recliner?|chairs?|blankets?|medical tent|inflatable|stretcher|satellite phone|gravity|smil\w+|thumbs|minutes after|shortly after|just after|moments after|hatch (?:is )?open\w*|helped (?:out|from)|post-?flight|deplan\w*|returned to earth)\b",
    ),
    (
        "search",
        r"\b(?:search and (?:rescue|recovery)|helicopters?|mi-8|all[- ]terrain|rescue|staging|deploy(?:s|ed)? (?:from|to)|landing (?:zone|site|area))\b",
    ),
    # Learning.
    (
        "simulator",
        r"\b(?:simulat\w+|mock-?ups?|trainers?|virtual reality|motion base|console|replica|full[- ]scale|rendezvous and docking|docking practice|telerobotic|robotics|integrated (?:simulation|run)|systems? training)\b",
    ),
    (
        "pool",
        r"\b(?:pool|underwater|water tank|wet-?f|neutral buoyancy|nbl|hydrolab|divers?|scuba|submerged|weightless environment|wetf)\b",
    ),
    (
        "egress-drill",
        r"\b(?:egress|slide ?wires?|baskets?|bail-?out|m-?113|armored personnel|bunker|fire (?:training|fighting|extinguish\w*)|emergency (?:exit|escape|egress|procedures?)|escape (?:pole|system|trainer)|evacuat\w*|mode \d+|volunteers?)\b",
    ),
    (
        "outdoors-training",
        r"\b(?:survival|geolog\w+|field (?:trip|exercise|training)|wilderness|desert|jungle|winter|forest|raft|crater field|volcanic|lava)\b",
    ),
    (
        "flying",
        r"\b(?:t-38\w*|shuttle training aircraft|sta|kc-135|zero[- ]g(?:ravity)? (?:aircraft|flight)|parabol\w*|centrifuge|jet trainer|lunar landing (?:research|training)|formation)\b",
    ),
    (
        "lesson",
        r"\b(?:class(?:room|es)?|lectur\w*|lessons?|instruct\w+|brief(?:s|ed|ing)|tutor\w*|teach\w*|learn\w*|taught|review\w*|checklists?|procedures?|familiariz\w*|practi[cs]\w*|rehears\w*)\b",
    ),
    (
        "dress-rehearsal",
        r"\b(?:tcdt|countdown demonstration|dress rehearsal|simulated (?:launch|countdown)|dry run|day[- ]of[- ]launch|practice countdown|mission dress)\b",
    ),
    (
        "exam",
        r"\b(?:exam\w*|qualification|test tickets?|draw(?:s|ing)? (?:an |a )?(?:envelope|ticket|card)|graded|passed|commission)\b",
    ),
    # Trying the real thing.
    (
        "fit",
        r"\b(?:fit[- ]?checks?|fittings?|sizing|sized|measur\w*|leak checks?|pressure checks?|seat liners?|couch(?:es)?|contour|custom|molded|mold|pressuriz\w+|suit fit)\b",
    ),
    (
        "look-over",
        r"\b(?:look(?:s|ing|ed)? (?:over|at|inside|into)|inspect\w*|examin\w*|check(?:s|ed|ing)? (?:out|over)|familiariz\w*|get(?:s|ting)? (?:a )?(?:first|last|close|hands-on|acquainted)|handl\w*|feel|point(?:s|ing|ed)? (?:to|at)|crew equipment|interface test|ceit|sharp edges|payload bay|stow\w*|flight hardware|flight equipment)\b",
    ),
    # Occasions.
    (
        "flowers",
        r"\b(?:wreaths?|flowers?|roses|carnations|bouquets?|lay(?:s|ing)?|laid|grave\w*|cemetery|kremlin wall|tomb|memorial)\b",
    ),
    ("flag-tree", r"\b(?:flags?|flagpoles?|anthem|tree|trees|planted?|plants|planting|shovel|alley|grove)\b"),
    (
        "award",
        r"\b(?:awards?|awarded|medals?|certificates?|proclamation|presented (?:with|to|by)|presents|presentation|trophy|honou?r\w*|inducted|hall of fame|recogni[sz]\w*|accept(?:s|ed|ing))\b",
    ),
    (
        "dedication",
        r"\b(?:dedicat\w+|unveil\w*|plaque|ribbon|ground-?breaking|christen\w*|named (?:for|after|in honor)|renam\w*|naming|opening of|grand opening|inaugurat\w*|anniversary|commemorat\w*|celebrat\w*|open house|turnover|handover|hand-over)\b",
    ),
    (
        "hospitality",
        r"\b(?:bread and salt|traditional (?:dress|clothing|robes?|hats?|costumes?)|tea|toasts?|cake|yurt|robes?|embroider\w*|souvenirs?|gifts?|banquet|dinner|supper|reception|red carpet|garlands?|send-?off|farewell|blessing|priest|holy water|bless(?:es|ed)?)\b",
    ),
    (
        "homecoming",
        r"\b(?:welcom\w+|home-?coming|ellington|reunit\w*|family|families|wives|wife|husband|children|crew return|parade|motorcade|hangar 990|cheering)\b",
    ),
    (
        "speech",
        r"\b(?:speaks?|spoke|speech|address(?:es|ed|ing)?|remarks|podium|lectern|microphones?|keynote|moment of silence|applau\w*|stage|audience|auditorium)\b",
    ),
    (
        "museum-custom",
        r"\b(?:museum|guest ?book|sign(?:s|ed|ing)? (?:the|a|his|her|their|in|door|poster|wall)|autograph\w*|statue|bust|monument|office of yuri|gagarin's|tour(?:s|ed|ing)?|red square|state commission)\b",
    ),
    # In space.
    (
        "spacewalk",
        r"\b(?:space-?walk\w*|extravehicular|evas?|tether\w*|airlock|emu|orlan|foot restraint|handrail|mmu)\b",
    ),
    (
        "station-life",
        r"\b(?:float\w*|weightless\w*|microgravity|treadmill|cevis|ared|exercis\w* (?:device|machine)|galley|meal|sleep(?:ing)? (?:station|bag)|haircut|middeck|node \d|laboratory of|experiment|rack|glovebox|hardware|stowage|maintenance|ham radio|inflight|in-flight|onboard)\b",
    ),
    (
        "earth-view",
        r"\b(?:earth observation\w*|city lights|aurora|airglow|limb|horizon|oblique|nadir|degrees (?:north|south|latitude)|latitude|clouds?|coast\w*|island\w*|lake|river|delta|desert|photographed (?:by|from)|as seen from|nautical miles|hand-?held|70mm|millimeter|focal|digital still camera|electronic still camera)\b",
    ),
    (
        "docking",
        r"\b(?:dock\w*|undock\w*|rendezvous|approach\w*|fly-?around|berth\w*|canadarm\w*|robotic arm|remote manipulator|grapple\w*|separation|deploy\w*|releas\w*|captur\w*|payload bay|cargo bay)\b",
    ),
    (
        "moon",
        r"\b(?:lunar|moon|crater|rover|regolith|lander|descent stage|command module|lunar module|traverse|hadley|highlands)\b",
    ),
    # None of these.
    (
        "processing",
        r"\b(?:clean ?room|processing facility|work ?stand|technicians?|solar (?:array|panel)s?|thermal (?:blanket|vacuum)|propellant|canister|crane|overhead|uncrat\w*|unpack\w*|unload\w*|offload\w*|arriv(?:es|ed|al) (?:at|in)|shipping (?:container|crate)|trailer|transporter|barge|prepar\w+ (?:for|to)|install\w*|work(?:s|ed|ing)? on|checkout)\b",
    ),
    (
        "making",
        r"\b(?:factory|manufactur\w*|weld\w*|machin\w*|assembl\w*|fabricat\w*|tool(?:ing)?|under construction|foam|dome|barrel|engine section|liquid (?:hydrogen|oxygen)|intertank|michoud|plant)\b",
    ),
    (
        "testing",
        r"\b(?:test(?:s|ed|ing)? (?:stand|firing|article|facility|chamber|cell)?|hot-?fire|vibration|acoustic|vacuum|chamber|wind tunnel|drop test|static|arc jet|evaluation|engineer(?:s|ing)? (?:model|unit)|prototype|research(?:ers)?|experimental)\b",
    ),
    (
        "astronomy",
        r"\b(?:galax\w+|nebula|stars?|cluster|telescope|planets?|jupiter|saturn|mars|martian|venus|neptune|uranus|mercury's|comet|asteroid|solar system|hubble|spectro\w*|infrared|ultraviolet|x-ray|radar image|false[- ]color|mosaic|rover|orbiter's)\b",
    ),
    (
        "flight-research",
        r"\b(?:research aircraft|flight (?:test|research)|dryden|armstrong|wing|fuselage|rotor|propell\w*|lifting body|x-\d+|f-1\d+|b-52|chase|pilots?|aerodynamic\w*|airfoil|drone|unpiloted|remotely piloted|nacelle|helicopter)\b",
    ),
    (
        "people-visit",
        r"\b(?:students?|school\w*|teachers?|visit\w*|tour\w*|guests?|vip|employees?|workers|family day|open house|exhibit\w*|display\w*|booth|social media|film|premiere|book|concert|actor|singer|athlete|president|congress\w*|senat\w+|ambassador|delegation)\b",
    ),
    (
        "news",
        r"\b(?:news (?:conference|briefing)|press (?:conference|briefing|site)|media (?:day|event|briefing|opportunity)|interview\w*|report(?:ers|er)|journalists?|panel(?:ists)?|moderat\w*|television|auditorium|briefing|questions?)\b",
    ),
    (
        "portrait",
        r"\b(?:portraits?|official|pos(?:e|es|ed|ing)|group (?:photo|picture|shot)|insignia|patch|emblem|logo|crest|attired|wearing (?:training|their)|crew (?:photo|portrait))\b",
    ),
    (
        "control-room",
        r"\b(?:mission control|flight controllers?|flight directors?|console|capcom|spacecraft communicator|control (?:room|center)|screens?|monitor(?:s|ing)?|mission operations|evaluation room|payload operations)\b",
    ),
    (
        "art",
        r"\b(?:artist\w*|concept\w*|illustrat\w*|render\w*|drawing|diagram|model|scale|painting|cutaway|graphic|chart|animation|computer[- ]generated)\b",
    ),
    (
        "nature-weather",
        r"\b(?:alligator|eagle|manatee|birds?|heron|osprey|turtle|wildlife|refuge|whales?|deer|hurricane|storm|lightning|damage\w*|flood\w*|fires?)\b",
    ),
    (
        "travel",
        r"\b(?:arriv\w+|airport|airfield|stairs|tarmac|luggage|plane|flight to|bus|travel\w*|depart\w*|shuttle landing facility|skid strip)\b",
    ),
)


_COMPILED = tuple((group, re.compile(pattern, re.IGNORECASE)) for group, pattern in CUES)
_SCENES = tuple((group, re.compile(pattern, re.IGNORECASE)) for group, pattern in SCENES)


def cue_groups(text: str) -> list[str]:
    """Name the cue groups of which the text holds a word, in the table's order."""
    return [group for group, pattern in _COMPILED if pattern.search(text)]


def scenes(text: str) -> list[str]:
    """Name the scenes of which the text holds a word, in the table's order."""
    return [group for group, pattern in _SCENES if pattern.search(text)]
