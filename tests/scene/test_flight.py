"""The camera on its way."""

from __future__ import annotations

import pytest

from explorer3d.scene.camera import Pose
from explorer3d.scene.flight import FLIGHT, Flight


def test_a_flight_is_fast_at_first_and_arrives_exactly() -> None:
    flight, goal = Flight(), Pose((10.0, 0.0, 0.0))
    flight.move(Pose((0.0, 0.0, 0.0)))
    flight.fly(goal)
    # What is left of the way is the third power of the time that is left: 0.9³, then 0.5³.
    flight.advance(0.1 * FLIGHT)
    assert flight.pose.focus[0] == pytest.approx(2.71)
    flight.advance(0.4 * FLIGHT)
    assert flight.pose.focus[0] == pytest.approx(8.75)
    assert flight.moving
    flight.advance(FLIGHT)
    assert flight.pose == goal and not flight.moving
