from teams.views import (
    admin,
    audit,
    devices,
    general,
    invitations,
    joining,
    keys,
    members,
    people,
    signing_in,
    small_team,
    teams,
)

urlpatterns = [
    *signing_in.urlpatterns,
    *general.urlpatterns,
    *small_team.urlpatterns,
    *members.urlpatterns,
    *invitations.urlpatterns,
    *joining.urlpatterns,
    *teams.urlpatterns,
    *keys.urlpatterns,
    *devices.urlpatterns,
    *audit.urlpatterns,
    *people.urlpatterns,
    *admin.urlpatterns,
]
