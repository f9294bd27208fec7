"""Finders of people for tests."""

import torch

from fitlab.detection.people import Crowd, Person, PersonFinder
from fitlab.training.people_crops import circles


class Knowing(PersonFinder):
    """Sees one person in every view in which ``sees``, by the circle of the joints."""

    def __init__(self, points, sees=lambda view: True):
        super().__init__("knowing", torch.nn.Identity())
        centre, top = circles(points)
        object.__setattr__(self, "crowd", Crowd((Person(centre, top, 0.9),)))
        object.__setattr__(self, "sees", sees)
        object.__setattr__(self, "views", [])

    def look(self, image, views):
        self.views.extend(views)
        return [self.crowd if self.sees(view) else Crowd(()) for view in views]
