import pytest

from fitlab.evaluation import report
from fitlab.weights import registry


@pytest.mark.parametrize("number", range(1, 7))
def test_every_table_is_read(number):
    table = report.table(number)
    assert table.attrs["title"]
    assert table.notna().all(axis=None)
    assert table.index.is_unique


def test_networks_have_the_names_of_the_registry():
    for number in (1, 2, 3):
        assert set(report.table(number).index.get_level_values("detector")) <= set(registry.entries())


def test_means_are_those_of_their_rows_and_all_is_the_mean_over_exercises():
    for number in (1, 3):
        table = report.table(number)
        assert (table["mean"] - table.drop(columns="mean").mean(axis=1)).abs().max() < 0.011
    exercises = report.table(6)
    each = exercises.drop("all")
    assert each["poses"].sum() == exercises.loc["all", "poses"]
    assert (each["poses"] * each["MPJPE mm"]).sum() / 251 == pytest.approx(exercises.loc["all", "MPJPE mm"], abs=0.01)


def test_what_the_report_does_not_say_is_named():
    with pytest.raises(ValueError, match="unknown table of the report '7'"):
        report.table(7)
    with pytest.raises(ValueError, match="did you mean"):
        report.number("seconds per image, hg")
    assert report.number("MPJPE mm on Human3.6M, SemGCN") == 42
    assert report.training()["epochs"] == 200
