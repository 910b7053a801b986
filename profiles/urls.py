from django.urls import path

from profiles import api, oembed, views, views_data, views_editing, views_me, views_public, views_share, views_year

urlpatterns = [
    *views_share.urlpatterns,
    path("", views.landing, name="landing"),
    *views_me.urlpatterns,
    *views_data.urlpatterns,
    *views_editing.urlpatterns,
    *oembed.urlpatterns,
    *api.urlpatterns,
    *views_year.urlpatterns,
    *views_public.urlpatterns,
]
