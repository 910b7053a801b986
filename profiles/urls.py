from django.urls import path

from profiles import views, views_editing, views_public

urlpatterns = [
    path("", views.landing, name="landing"),
    *views_public.urlpatterns,
    *views_editing.urlpatterns,
]
