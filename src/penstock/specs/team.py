"""Team: people who own specs, approve changes and answer alerts."""

from typing import Literal

from penstock.specs.base import Distinct, Login, Node, Resource, field, note
from penstock.specs.review import Area, Loosens


class Contact(Node):
    """Contacts of a team; the names are receivers in Alertmanager's configuration."""

    # Alerts without one go to the environment's fallback, which may be heard better than a receiver that comes.
    page: str | None = field(
        "Alertmanager receiver for pages.", loosens=Loosens.ANY, area=Area.MONITORING, default=None
    )
    ticket: str | None = field(
        "Alertmanager receiver for tickets.", loosens=Loosens.ANY, area=Area.MONITORING, default=None
    )
    chat: str | None = note("Chat channel for people.", default=None)


class TeamSpec(Node):
    """Members and contacts."""

    members: Distinct[Login] = field(
        "Logins of the members, who may approve for the team.",
        loosens=Loosens.ADDED,
        area=Area.GOVERNANCE,
        min_length=1,
    )
    contact: Contact = field(
        "Contacts for alerts and questions.",
        loosens=Loosens.REMOVED,
        area=Area.MONITORING,
        default={},
        validate_default=True,
    )


class Team(Resource):
    """People who own specs, approve changes and answer alerts."""

    kind_name = "Team"
    summary = "people who own specs, approve changes and answer alerts"

    kind: Literal["Team"] = note("Kind.", area=Area.GOVERNANCE)
    spec: TeamSpec = field("The team.", loosens=Loosens.ANY, area=Area.GOVERNANCE)
