from teams.views import admin, audit, general, invitations, joining, keys, members, people, signing_in, teams

urlpatterns = [
    *signing_in.urlpatterns,
    *general.urlpatterns,
    *members.urlpatterns,
    *invitations.urlpatterns,
    *joining.urlpatterns,
    *teams.urlpatterns,
    *keys.urlpatterns,
    *audit.urlpatterns,
    *people.urlpatterns,
    *admin.urlpatterns,
]
