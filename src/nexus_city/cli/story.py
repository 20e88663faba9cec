"""`nexus story`: the five acts, in figures and bars and a picture."""

from pathlib import Path
from typing import Annotated

import typer

from nexus_city.simulation.city import load_scenario, simulate
from nexus_city.simulation.story import Judged, Story, incidents, judge, save_story, tell, truths
from nexus_city.simulation.story.words import NUMERALS, when


def story(
    seed: Annotated[int, typer.Option(min=0, help="The same seed lives the same days.")] = 2154,
    out: Annotated[Path, typer.Option(help="Folder for the picture and the figures.")] = Path("simulated/five-acts"),
) -> None:
    """Live the five acts of Nexus City with simulated people, and hold each to what it must show."""
    lived = load_scenario("story")
    print(f"{lived.title}. A what-if with {lived.residents:,} simulated people, not a forecast.")
    with typer.progressbar(length=lived.windows, label="windows") as bar:
        run = simulate(lived, seed, told=lambda *_: bar.update(1))
    told = tell(run)
    judged = judge(told)
    _print_acts(told)
    for title, lines in (
        ("Vitals named, from released facts alone:", incidents(told)),
        ("What was broken, as only a simulation knows:", truths(told)),
    ):
        print(f"\n  {title}")
        for line in lines:
            print(f"    {line}")
    _print_bars(judged)
    save_story(told, judged, out)
    met = sum(each.met for each in judged)
    print(f"\n  {met} of {len(judged)} bars are met. The picture and all figures are in {out}.")
    if met < len(judged):
        raise typer.Exit(1)


def _print_acts(told: Story) -> None:
    print(f"\n  {'':<22}{'':<14}{'fragmen-':>13}{'diver-':>8}{'':>7}{'in':>7}{'':>7}{'Har-':>7}{'felt':>9}{'felt':>8}")
    print(
        f"  {'act':<22}{'from':<14}{'tation':>13}{'sity':>8}{'moods':>7}{'step':>7}{'voice':>7}{'mony':>7}"
        f"{'apart':>9}{'within':>8}"
    )
    for number, act in enumerate(told.acts):
        figures, spread = act.figures, act.figures.spread
        print(
            f"  {NUMERALS[number]:<4}{act.title:<18}{when(told, act.first):<14}"
            f"{f'{spread.fragmentation:.1%} ± {figures.error:.1%}':>13}{spread.within:8.3f}{spread.moods:7.2f}"
            f"{figures.echo:7.0%}{figures.voice:7.2f}{act.harmony:7.2f}{act.truth.apart:9.1%}{act.truth.within:8.3f}"
        )
    print(
        "  Released: share of differences between communities, distance of two moods within one, effective moods,\n"
        "  displays in step, how evenly communities are heard, Harmony against the first act. Felt: the truth."
    )


def _print_bars(judged: list[Judged]) -> None:
    print("\n  What each act must show:")
    for each in judged:
        bar = each.bar
        held = f"{each.value:.2f}, {bar.relation} {bar.bound:g}"
        print(f"    {NUMERALS[bar.act]:<4}{'met' if each.met else 'NOT MET':<9}{bar.name:<55}{held}")
        print(f"{'':<17}{bar.reason}")
