from django.urls import path

from profiles import views, views_me

urlpatterns = [
    path("", views.landing, name="landing"),
    *views_me.urlpatterns,
]
