"""Why this colour: one sentence a person can read on a phone, and the parts that it stands on."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from nexus_city.climate import Climate, Voice
from nexus_city.environment.palettes.colour import Oklch, hex_of
from nexus_city.environment.palettes.files import Swatch
from nexus_city.environment.palettes.palette import Palette
from nexus_city.feelings import Framework, Language, Mood, cell_of, centre_of, coarsen
from nexus_city.places import Place, Policy

_SENTENCES: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "echo": "This light shows what about {people} people told {speaker} between {start} and {end}: more than "
        "anything, “{first}” ({share}).",
        "complement": "This light answers what about {people} people told {speaker} between {start} and {end}: more "
        "than anything, “{first}” ({share}), and the place replies with the opposite energy.",
        "rest": "This place has chosen to rest: its light follows nobody's feelings.",
        "silence": "Not enough voices have spoken yet, so the light rests and follows nobody.",
    },
    "de": {
        "echo": "Dieses Licht zeigt, was etwa {people} Menschen zwischen {start} und {end} {speaker} gesagt haben: am "
        "meisten „{first}“ ({share}).",
        "complement": "Dieses Licht antwortet auf das, was etwa {people} Menschen zwischen {start} und {end} {speaker} "
        "gesagt haben: am meisten „{first}“ ({share}), und der Ort hält mit der umgekehrten Energie dagegen.",
        "rest": "Dieser Ort ruht, weil er es so will: sein Licht folgt niemandes Gefühlen.",
        "silence": "Noch haben nicht genug Stimmen gesprochen, darum ruht das Licht und folgt niemandem.",
    },
    "es": {
        "echo": "Esta luz muestra lo que unas {people} personas contaron a {speaker} entre las {start} y las {end}: "
        "sobre todo «{first}» ({share}).",
        "complement": "Esta luz responde a lo que unas {people} personas contaron a {speaker} entre las {start} y las "
        "{end}: sobre todo «{first}» ({share}), y el lugar contesta con la energía contraria.",
        "rest": "Este lugar ha elegido descansar: su luz no sigue los sentimientos de nadie.",
        "silence": "Aún no han hablado suficientes voces, así que la luz descansa y no sigue a nadie.",
    },
}


class Part(msgspec.Struct, frozen=True):
    """One mood of the mixture: its share, its name, and the colour that stands for it here."""

    share: float
    label: str
    oklch: Oklch
    hex: str


class Why(msgspec.Struct, frozen=True):
    """The answer to "why this colour?"."""

    sentence: str
    policy: Policy
    parts: list[Part]
    """Largest share first; the parts of a 8x8 grid are named and summed by the 4x4 grid."""


def explain(
    place: Place, voice: Voice, zone: ZoneInfo, framework: Framework, palette: Palette, language: Language
) -> Why:
    """Say why the light of `place` is as it is now; `zone` is the city's, for the hours in the sentence."""
    says = _SENTENCES[language]
    climate = voice.climate
    if place.policy == "rest":
        return Why(says["rest"], "rest", [])
    if climate is None or climate.mixture is None:
        return Why(says["silence"], place.policy, [])
    parts = _parts(climate.mixture, climate.grid, place.policy, framework, palette, language)
    start, end = (_clock(at, zone) for at in _heard_between(climate))
    sentence = says[place.policy].format(
        people=_grouped(_about(climate), language),
        speaker=climate.name,
        start=start,
        end=end,
        first=parts[0].label,
        share=f"{parts[0].share:.0%}" if language == "en" else f"{parts[0].share * 100:.0f} %",
    )
    return Why(sentence, place.policy, parts)


def answered(mood: Mood, policy: Policy) -> Mood:
    """Return the mood that a light of `policy` shows for `mood`: a complement keeps valence and turns arousal round."""
    return Mood(mood.valence, -mood.arousal) if policy == "complement" else mood


def swatches(place: Place, voice: Voice, framework: Framework, palette: Palette, language: Language) -> list[Swatch]:
    """Return what the light of `place` is mixed from now, largest share first; all 16 colours alike where it rests."""
    climate = voice.climate
    if place.policy == "rest" or climate is None or climate.mixture is None:
        return _mixed([1 / 16] * 16, 4, "echo", framework, palette, language)
    return _mixed(climate.mixture, climate.grid, place.policy, framework, palette, language)


def _parts(
    mixture: list[float], grid: int, policy: Policy, framework: Framework, palette: Palette, language: Language
) -> list[Part]:
    return [
        Part(each.share, each.name, each.colour, hex_of(each.colour))
        for each in _mixed(mixture, grid, policy, framework, palette, language)
    ]


def _mixed(
    mixture: list[float], grid: int, policy: Policy, framework: Framework, palette: Palette, language: Language
) -> list[Swatch]:
    side = min(grid, 4)
    shares = [0.0] * (side * side)
    for cell, share in enumerate(mixture):
        shares[coarsen(cell, grid, side)] += share
    colours = palette.colours(side)
    found = []
    for cell, share in enumerate(shares):
        felt = centre_of(cell, side)
        shown = answered(felt, policy)
        colour, name = colours[cell_of(shown, side)], framework.label(felt, side, language)
        found.append(Swatch(name, colour, round(share, 4), shown.valence, shown.arousal))
    return sorted((each for each in found if each.share >= 0.0005), key=lambda each: -each.share)


def _about(climate: Climate) -> int:
    """Round people as coarsely as the noise makes them uncertain: no digit that means nothing."""
    step = 1
    while step * 2 < climate.people_sd:
        step *= 10 if step < 10 else 5
    return max(step, round(climate.people / step) * step)


def _grouped(number: int, language: Language) -> str:
    """Write a number as the pages do, by the rules of CLDR: Spanish parts thousands from five digits on."""
    mark = {"en": ",", "de": ".", "es": "." if number >= 10_000 else ""}[language]
    return f"{number:,}".replace(",", mark)


def _heard_between(climate: Climate) -> tuple[dt.datetime, dt.datetime]:
    """Return when those who are in a climate spoke: in its window, or as long ago as a check-in counts where live."""
    start, end = (dt.datetime.fromisoformat(at) for at in (climate.window.start, climate.window.end))
    return (end - dt.timedelta(seconds=climate.live.stays_s) if climate.live else start), end


def _clock(at: dt.datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M")
