"""Every fault does what it says, where and when it says it, and nothing elsewhere; and so does what mends it."""

import numpy as np

from nexus_city.simulation.city import Run, simulate
from nexus_city.simulation.city.network.mirror import SOURCES
from tests.simulation.city.conftest import scenario

NOON, SIX = 32, 38
"""Windows of the second day, of an hour each, from 12:00 and from 18:00 on."""
LONG = 'from = "day 2 12:00"\nuntil = "day 2 18:00"\n'
ONE = 'places = ["place-1"]\n'


def lived(*events: str, **changes: object) -> Run:
    return simulate(scenario("".join(f"[[event]]\n{event}\n" for event in events), **changes))


def voices(run: Run) -> np.ndarray:
    return run.truth.counts.sum(axis=2)


def test_a_silent_sensor_hears_nobody_and_gives_no_sign_of_life() -> None:
    run, well = lived(f'kind = "sensor-silent"\n{LONG}{ONE}'), lived()
    assert voices(run)[NOON:SIX, 0].sum() == 0
    assert np.array_equal(voices(run)[:NOON], voices(well)[:NOON])
    assert run.signs.intake[NOON:SIX, 0].tolist() == [3600 * hours for hours in range(1, 7)]
    assert run.signs.intake[SIX:].max() == 0
    assert run.signs.intake[:, 1:].max() == 0


def test_a_stuck_counter_repeats_true_counts_under_fresh_noise() -> None:
    run = lived(f'kind = "sensor-stuck"\n{LONG}{ONE}')
    stuck = run.truth.counts[NOON - 1 : SIX, 0]
    assert (stuck == stuck[0]).all()
    assert len({table.tobytes() for table in run.released[NOON - 1 : SIX, 0]}) == SIX - NOON + 1
    assert run.signs.intake.max() == 0


def test_a_stuck_release_repeats_the_very_table() -> None:
    run = lived(f'kind = "sensor-stuck"\nrepeats = "release"\n{LONG}{ONE}')
    assert len({table.tobytes() for table in run.released[NOON - 1 : SIX, 0]}) == 1
    assert len({table.tobytes() for table in run.released[NOON - 1 : SIX, 1]}) == SIX - NOON + 1


def test_double_counting_doubles_there_and_then_alone() -> None:
    run, well = lived(f'kind = "double-count"\n{LONG}{ONE}', contagion=deaf()), lived(contagion=deaf())
    ratio = voices(run) / np.maximum(voices(well), 1)
    assert set(ratio[NOON:SIX, 0].tolist()) == {2.0}
    assert np.array_equal(voices(run)[:, 1:], voices(well)[:, 1:])


def deaf() -> object:
    """Return a contagion without an echo, so that what is counted changes nobody."""
    return type(scenario().contagion)(echo=0.0)


def test_a_hub_takes_all_its_places_at_once_and_stops_their_displays() -> None:
    run = lived(f'kind = "hub-down"\n{LONG}communities = ["community-2"]', residents=20_000)
    assert voices(run)[NOON:SIX, 2:].sum() == 0
    assert voices(run)[NOON:SIX, :2].min() > 0
    for sign in (run.signs.intake[:, 2:], run.signs.display[:, 2:], run.signs.hub[:, 1:]):
        assert (sign[NOON:SIX] > 0).all()
        assert sign[:NOON].max() == 0
    assert run.signs.hub[:, 0].max() == 0
    shown = run.displays.shown[NOON:SIX, 2:]
    assert (shown == shown[0]).all()
    assert run.displays.age_s[SIX - 1, 2:].max() >= 5 * 3600
    assert np.array_equal(run.displays.shown[:, :2], run.displays.due[:, :2])


def test_a_stale_echo_stays_a_dark_one_shows_nothing_and_a_wrong_one_shows_what_was_never_released() -> None:
    places = {"stale": "place-1", "wrong": "place-2", "dark": "place-3"}
    events = [f'kind = "echo-broken"\nmode = "{mode}"\n{LONG}places = ["{at}"]' for mode, at in places.items()]
    run = lived(*events, residents=20_000)
    shown, during = run.displays, slice(NOON, SIX)
    assert (shown.shown[during, 0] == shown.shown[NOON, 0]).all()
    assert shown.distorted[during, 1].all()
    assert not {*shown.digest_shown[during, 1].tolist()} & {*shown.digest_due.ravel().tolist()}
    assert (shown.shown[during, 2] == -1).all()
    assert (shown.shown[during, 3] == shown.due[during, 3]).all()
    assert run.signs.display[SIX - 1].tolist() == [0, 0, 6 * 3600, 0]
    assert np.array_equal(shown.digest_shown[SIX:], shown.digest_due[SIX:])
    assert not shown.distorted[SIX:].any()


def test_a_mapping_bug_mirrors_pleasant_and_unpleasant_on_the_new_version_alone() -> None:
    run = lived(f'kind = "mapping-bug"\nphones = 1.0\n{LONG}', contagion=deaf())
    well = lived(contagion=deaf())
    mirrored = well.truth.counts[NOON:SIX, :, :-1].reshape(-1, 4, 4)[..., ::-1]
    assert np.array_equal(run.truth.counts[NOON:SIX, :, :-1].reshape(-1, 4, 4), mirrored)
    assert np.array_equal(voices(run), voices(well))
    newer = run.sources[..., SOURCES.index("newer-version")].sum(axis=1)
    assert abs(newer[:NOON]).max() < 100 < newer[NOON:SIX].min()
    assert run.deploys == (NOON,)


def test_a_flood_adds_voices_in_one_cell_that_come_with_young_tokens() -> None:
    run = lived(f'kind = "flood"\nshare = 1.0\n{LONG}{ONE}', contagion=deaf(), residents=10_000)
    well = lived(contagion=deaf(), residents=10_000)
    added = run.truth.counts[NOON:SIX] - well.truth.counts[NOON:SIX]
    assert added[:, 0, 12].min() > 50  # the unpleasant activated corner of 4×4
    added[:, 0, 12] = 0
    assert not added.any()
    young = run.sources[..., SOURCES.index("young-token")]
    assert young[NOON:SIX, 0].min() > 50
    assert abs(young[NOON:SIX, 1]).max() < 60


def test_an_opt_out_wave_quiets_those_who_live_there_and_ends() -> None:
    wave = f'kind = "opt-out-wave"\nshare = 0.9\nramp_minutes = 60\n{LONG}communities = ["community-1"]'
    run, well = lived(wave, contagion=deaf(), residents=10_000), lived(contagion=deaf(), residents=10_000)
    ratio = voices(run) / np.maximum(voices(well), 1)
    assert ratio[NOON + 1 : SIX, :2].max() < 0.8  # some who are there live elsewhere
    assert ratio[NOON + 1 : SIX, 2:].min() > 0.7
    assert ratio[SIX + 1, :].min() > 0.9
    assert run.signs.intake.max() == 0


def test_distress_moves_a_community_and_divergence_moves_each_its_own_way() -> None:
    blow = f'kind = "distress"\nshare = 0.6\nramp_minutes = 60\n{LONG}communities = ["community-1"]'
    run, well = lived(blow), lived()
    fallen = well.truth.living[SIX - 1] - run.truth.living[SIX - 1]
    assert fallen[0, 0] > 0.15 > 5 * abs(fallen[1, 0])
    parted = lived(f'kind = "divergence"\nby = 0.4\nramp_minutes = 60\n{LONG}')
    assert parted.truth.between[SIX - 1] > 3 * well.truth.between[SIX - 1]
    assert np.array_equal(parted.displays.digest_shown, parted.displays.digest_due)


def test_a_repair_mends_one_place_after_the_other_and_the_label_ends_with_it() -> None:
    broken = 'kind = "sensor-silent"\nfrom = "day 2 12:00"'
    mended = 'kind = "repair"\nfrom = "day 2 14:00"\nuntil = "day 2 18:00"\nof = ["sensor-silent"]'
    run = lived(broken, mended)
    silent = [int((voices(run)[NOON:, place] == 0).sum()) for place in range(4)]
    assert silent == [3, 4, 5, 6]
    (label,) = run.truth.labels
    assert (label.cause, label.start, label.end) == ("sensor-silent", NOON, SIX)


def test_a_circle_eases_those_who_are_struck_and_it_fades() -> None:
    blow = 'kind = "distress"\nshare = 1.0\nramp_minutes = 0\nfrom = "day 2 06:00"'
    circle = f'kind = "circle"\nshare = 1.0\nease = 0.5\n{LONG}'
    eased, alone = lived(blow, circle), lived(blow)
    valence = eased.truth.living[..., 0].mean(axis=1) - alone.truth.living[..., 0].mean(axis=1)
    assert valence[SIX - 1] > 0.1
    assert 0 < valence[-1] < valence[SIX - 1]


def test_a_rally_brings_people_to_one_place_and_together() -> None:
    rally = 'kind = "rally"\nfrom = "day 2 17:00"\nuntil = "day 2 21:00"\nplaces = ["place-1"]\nshare = 0.8'
    run, well = lived(rally), lived()
    evening = slice(37, 41)
    assert voices(run)[evening, 0].min() > 2 * voices(well)[evening, 0].max()
    assert run.truth.within[40] < 0.97 * well.truth.within[40]


def test_a_new_charter_brings_some_back_and_keeps_moods_to_quadrants() -> None:
    people = type(scenario().people)(silent=0.5)
    change = 'kind = "charter-change"\nfrom = "day 2 04:00"\nfinest_grid = 2\nreturning = 1.0'
    run = lived(change, people=people, grid=8, residents=8_000)
    well = lived(people=people, grid=8, residents=8_000)
    assert voices(run)[NOON:SIX].sum() > 1.6 * voices(well)[NOON:SIX].sum()
    told = run.truth.counts[24:, :, :-1].sum(axis=(0, 1)).reshape(2, 4, 2, 4).sum(axis=(0, 2))
    assert told.min() > 0.8 * told.mean()  # inside their quadrants, all cells alike


def test_a_charter_that_leaves_room_leaves_people_more_manifold_where_they_live() -> None:
    change = 'kind = "charter-change"\nfrom = "day 2 04:00"\nroom = 0.6\ncommunities = ["community-1"]'
    run, well = lived(change), lived()
    assert np.array_equal(run.truth.within[:24], well.truth.within[:24])
    assert run.truth.within[NOON] > 1.1 * well.truth.within[NOON]


def test_a_charter_can_have_displays_pull_more_or_not_at_all() -> None:
    """Communities that are different by temperament: what is shown of the city brings them together."""
    people, contagion = type(scenario().people)(apart=0.3), type(scenario().contagion)(echo=0.4, city_echo=1.0)
    change = 'kind = "charter-change"\nfrom = "day 2 04:00"\necho = {}'
    less, same, more = (
        lived(*events, people=people, contagion=contagion, residents=30_000).truth.between[NOON:SIX].mean()
        for events in ((change.format(0.0),), (), (change.format(0.9),))
    )
    assert more < 0.9 * same < 0.81 * less
