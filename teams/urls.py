from teams.views import admin, audit, general, invitations, keys, members, people, signing_in, teams

urlpatterns = [
    *signing_in.urlpatterns,
    *general.urlpatterns,
    *members.urlpatterns,
    *invitations.urlpatterns,
    *teams.urlpatterns,
    *keys.urlpatterns,
    *audit.urlpatterns,
    *people.urlpatterns,
    *admin.urlpatterns,
]
