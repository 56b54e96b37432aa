"""Places and agencies by name, each with one canonical name and the sort of place it is."""

from __future__ import annotations

import re
from collections.abc import Callable

#: (canonical, group, pattern); patterns are case-sensitive unless they say otherwise.
PLACES: tuple[tuple[str, str, str], ...] = (
    # Pads and the buildings where a vehicle is put together for its flight.
    ("Launch Pad 39A", "pad", r"\b(?:Launch )?(?:Pad|Complex|LC)[- ]?39[- ]?A\b"),
    ("Launch Pad 39B", "pad", r"\b(?:Launch )?(?:Pad|Complex|LC)[- ]?39[- ]?B\b"),
    (
        "Launch pad",
        "pad",
        r"\b[Ll]aunch [Pp]ad\b|\b(?:Space )?Launch Complex[- ]\d+\w?\b|\bS?LC-\d+\w?\b|\bPad[- ]\d+\w?\b|\b[Ss]ite 31\b|\blaunch (?:site|complex|stand)\b|\bat the pad\b|\bGagarin's Start\b",
    ),
    (
        "Mobile launcher",
        "pad",
        r"\b[Mm]obile [Ll]aunch(?:er)?(?: [Pp]latform)?\b|\b[Cc]rawler[- ]?(?:[Tt]ransporter|way)?\b|\b[Rr]otating [Ss]ervice [Ss]tructure\b|\b[Ff]ixed [Ss]ervice [Ss]tructure\b",
    ),
    ("White Room", "white-room", r"\b[Ww]hite [Rr]oom\b|\b[Aa]ccess [Aa]rm\b"),
    ("Vehicle Assembly Building", "assembly", r"\bVehicle Assembly Building\b|\bVAB\b|\bHigh Bay\b|\bhigh bay\b"),
    (
        "Vertical Integration Facility",
        "assembly",
        r"\b[Vv]ertical [Ii]ntegration [Ff]acility\b|\b[Hh]orizontal [Ii]ntegration [Ff]acility\b",
    ),
    (
        "Integration Facility",
        "integration",
        r"\b[Ii]ntegration (?:[Ff]acility|[Bb]uilding)\b|\bSite 254\b|\bBuilding 254\b|\bSite 112\b",
    ),
    (
        "Crew quarters",
        "crew-quarters",
        r"\b[Cc]rew [Qq]uarters\b|\bOperations (?:and|&) Checkout\b|\bO&C\b|\b[Ss]uit(?:-up|ing)? [Rr]oom\b|\bcrew suit-up\b",
    ),
    ("Astrovan", "crew-quarters", r"\bAstrovan\b|\b[Tt]ransfer [Vv]an\b"),
    (
        "Firing room",
        "control-launch",
        r"\b[Ff]iring [Rr]oom\b|\bLaunch Control Center\b|\blaunch control (?:center|room)\b|\bblockhouse\b",
    ),
    (
        "Mission Control Center",
        "control-flight",
        r"\b[Mm]ission [Cc]ontrol\b|\b[Ff]light [Cc]ontrol [Rr]oom\b|\bMission Operations Control Room\b|\bMOCR\b|\bFCR\b|\bMission Evaluation Room\b|\bPayload Operations\b|\bRussian Mission Control\b|\bTsUP\b|\bKorolev\b",
    ),
    # Processing, hardware and test places.
    ("Orbiter Processing Facility", "hangar", r"\bOrbiter Processing Facility\b|\bOPF\b"),
    (
        "Processing facility",
        "processing",
        r"\b(?:Space Station|Multi-Payload|Payload Hazardous|Vertical|Spacecraft|Multi-Operation Support|Payload|Hazardous) (?:Processing|Servicing|Assembly|Encapsulation)(?: and Encapsulation)?(?: Facility| Building)\b|\bSSPF\b|\bPHSF\b|\bHangar [A-Z]{1,2}\b|\bAstrotech\b|\b[Cc]lean[- ]?[Rr]oom\b|\bManned Spacecraft Operations Building\b",
    ),
    ("Factory", "factory", r"\bMichoud\b|\bassembly plant\b|\bPalmdale\b|\bfactory\b|\bDowney\b"),
    (
        "Test stand",
        "test",
        r"\b[Tt]est [Ss]tand\b|\bwind tunnel\b|\bWind Tunnel\b|\b[Vv]acuum [Cc]hamber\b|\b[Aa]nechoic\b|\btest cell\b|\b[Tt]hermal [Vv]acuum\b",
    ),
    # Training.
    (
        "Neutral Buoyancy Laboratory",
        "pool",
        r"\bNeutral Buoyancy\b|\bNBL\b|\bWET-?F\b|\bWeightless Environment Training\b|\b[Hh]ydrolab\b|\bSonny Carter\b",
    ),
    (
        "Training facility",
        "trainer",
        r"\b[Mm]ock-?ups?\b|\b[Ss]imulators?\b|\b[Tt]rainers?\b(?! [A-Z][a-z]+ [A-Z])|\bFull Fuselage Trainer\b|\bSystems Integration Facility\b|\bManipulator Development Facility\b|\bSpace Vehicle Mockup\b|\bcentrifuge\b|\bclassroom\b|\bvirtual reality\b",
    ),
    (
        "Gagarin Cosmonaut Training Center",
        "star-city",
        r"\bGagarin Cosmonaut\b|\bStar City\b|\bGCTC\b|\bCosmonaut Training Cent(?:er|re)\b",
    ),
    # Ceremony places.
    (
        "Red Square",
        "ceremony-place",
        r"\bRed Square\b|\bKremlin\b|\bSt\.? Basil|\bGagarin(?:'s)? (?:statue|monument|bust|office|study)\b",
    ),
    (
        "Museum",
        "ceremony-place",
        r"\b[Mm]useum\b|\bArlington\b|\b[Cc]emetery\b|\b[Vv]isitor (?:[Cc]omplex|[Cc]enter)\b|\bWhite House\b|\bCapitol\b|\bRose Garden\b",
    ),
    ("Cosmonaut Hotel", "hotel", r"\bCosmonaut Hotel\b|\b[Cc]rew (?:quarters )?hotel\b|\b[Hh]otel\b"),
    ("Baikonur Cosmodrome", "cosmodrome", r"\bBa[iy]konur\b|\b[Cc]osmodrome\b"),
    # Landing places.
    (
        "Landing zone",
        "steppe",
        r"\b(?:D?[JZ]h?ezkazgan|Zhezkazgan|Arkalyk|Karagand[ay]|Kustana[iy]|Kostana[iy]|Dzhezkazgan|Astana)\b|\bsteppe\b|\b[Ll]anding (?:[Zz]one|[Aa]rea)\b|\blanding site\b",
    ),
    ("Runway", "runway", r"\b[Rr]unway\b|\b[Ll]akebed\b|\bdry lake\b"),
    ("Shuttle Landing Facility", "airfield", r"\bShuttle Landing Facility\b|\bSLF\b|\bSkid Strip\b|\bskid strip\b"),
    ("Ellington Field", "airport", r"\bEllington\b|\b[Aa]irport\b|\bChkalovsky\b"),
    ("Edwards Air Force Base", "edwards", r"\bEdwards\b|\bDryden\b|\bArmstrong Flight\b|\bWhite Sands\b|\bNorthrup\b"),
    (
        "Ship",
        "ship",
        r"\bU\.?S\.?S\.?\b(?! astronaut)|\b[Rr]ecovery (?:[Ss]hip|vessel)\b|\baircraft carrier\b|\bwell deck\b|\bflight deck of the USS\b",
    ),
    ("Ocean", "ocean", r"\b(?:Atlantic|Pacific)(?: [Oo]cean)?\b|\bGulf of Mexico\b|\bGulf of America\b"),
    # Space.
    (
        "Station module",
        "module",
        r"\b(?:Destiny|Harmony|Tranquility|Unity|Quest|Columbus|Kibo|Zvezda|Zarya|Pirs|Poisk|Rassvet|Nauka|Prichal|Cupola|cupola|BEAM|Leonardo|Permanent Multipurpose|Japanese Experiment Module|Node [123]|Kvant(?:-\d)?|Priroda|Spektr|Kristall)\b",
    ),
    (
        "Orbiter cabin",
        "cabin",
        r"\b(?:middeck|mid-deck|flight deck|aft flight deck|payload bay|cargo bay|airlock|crew cabin)\b",
    ),
    ("Lunar surface", "moon", r"\blunar surface\b|\bMoon's surface\b|\bsurface of the [Mm]oon\b|\blunar orbit\b"),
    (
        "Orbit",
        "orbit",
        r"\b[Ee]arth[- ]orbit(?:ing|al)?\b|\bin orbit\b|\bon orbit\b|\bin space\b|\borbiting\b|\bover the Earth\b|\bEarth's horizon\b",
    ),
    # Centres.
    (
        "Kennedy Space Center",
        "ksc",
        r"\bKennedy(?: Space Center)?\b|\bKENNEDY SPACE CENTER\b|\bKSC\b|\bCape (?:Canaveral|Kennedy)\b|\bCAPE CANAVERAL\b",
    ),
    (
        "Johnson Space Center",
        "jsc",
        r"\bJohnson Space Center\b|\bJSC\b|\bHouston\b|\bManned Spacecraft Center\b|\bMSC\b|\bJOHNSON SPACE CENTER\b",
    ),
    ("Marshall Space Flight Center", "msfc", r"\bMarshall\b|\bMSFC\b|\bHuntsville\b"),
    ("Stennis Space Center", "ssc", r"\bStennis\b"),
    ("Jet Propulsion Laboratory", "jpl", r"\bJet Propulsion Laboratory\b|\bJPL\b|\bPasadena\b"),
    ("Ames Research Center", "arc", r"\bAmes\b|\bMoffett\b"),
    ("Langley Research Center", "larc", r"\bLangley\b"),
    ("Glenn Research Center", "grc", r"\bGlenn Research\b|\bLewis Research\b|\bPlum Brook\b"),
    ("Goddard Space Flight Center", "gsfc", r"\bGoddard\b"),
    ("Wallops Flight Facility", "wallops", r"\bWallops\b"),
    ("Vandenberg", "vandenberg", r"\bVandenberg\b|\bVANDENBERG\b"),
    ("NASA Headquarters", "hq", r"\bNASA Headquarters\b|\bWashington\b|\bD\.C\.|\bSmithsonian\b"),
    ("Moscow", "moscow", r"\bMoscow\b"),
    ("Kazakhstan", "kazakhstan", r"\bKazakh(?:stan)?\b"),
)

#: Agencies and contractors: (canonical, group, pattern).
AGENCIES: tuple[tuple[str, str, str], ...] = (
    ("NASA", "nasa", r"\bNASA\b|\bNational Aeronautics and Space Administration\b"),
    ("ESA", "partner", r"\bESA\b|\bEuropean Space Agency\b"),
    (
        "Roscosmos",
        "russia",
        r"\bRoscosmos\b|\bRussian (?:Federal )?Space Agency\b|\bRosaviakosmos\b|\bRSA\b|\bRussian Aviation and Space Agency\b",
    ),
    ("RSC Energia", "russia", r"\bEnergia\b"),
    ("JAXA", "partner", r"\bJAXA\b|\bJapan(?:ese)? Aerospace Exploration Agency\b"),
    ("NASDA", "partner", r"\bNASDA\b|\bNational Space Development Agency\b"),
    ("CSA", "partner", r"\bCSA\b|\bCanadian Space Agency\b"),
    ("CNES", "partner", r"\bCNES\b"),
    ("ASI", "partner", r"\bASI\b|\bItalian Space Agency\b"),
    ("DLR", "partner", r"\bDLR\b|\bDARA\b|\bGerman (?:Aerospace Center|Space Agency)\b"),
    ("NACA", "nasa", r"\bNACA\b|\bNational Advisory Committee\b"),
    ("SpaceX", "contractor", r"\bSpaceX\b"),
    ("Boeing", "contractor", r"\bBoeing\b(?! 7\d7)"),
    ("United Space Alliance", "contractor", r"\bUnited Space Alliance\b|\bUSA\b(?= (?:technician|employee|worker))"),
    ("United Launch Alliance", "contractor", r"\bUnited Launch Alliance\b|\bULA\b"),
    ("Lockheed Martin", "contractor", r"\bLockheed(?: Martin)?\b"),
    ("Northrop Grumman", "contractor", r"\bNorthrop Grumman\b|\bOrbital (?:ATK|Sciences)\b"),
    ("Axiom Space", "contractor", r"\bAxiom\b"),
    (
        "U.S. armed forces",
        "military",
        r"\bU\.?S\.? (?:Navy|Air Force|Coast Guard|Army|Marine Corps)\b|\bNavy\b|\bSpace Force\b",
    ),
)

_TABLES = tuple(
    (kind, name, group, re.compile(pattern))
    for kind, table in (("place", PLACES), ("agency", AGENCIES))
    for name, group, pattern in table
)


def find_places(text: str, add: Callable[[str, str, str, int, int], None]) -> None:
    """Report every place and agency named in a text to `add(kind, canonical, group, start, end)`."""
    for kind, name, group, pattern in _TABLES:
        for match in pattern.finditer(text):
            add(kind, name, group, match.start(), match.end())
