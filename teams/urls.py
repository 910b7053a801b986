from django.urls import path

from teams import views

urlpatterns = [
    path("home/", views.home, name="home"),
    path("accounts/link/", views.request_link, name="sign_in_link_request"),
    path("accounts/link/<str:token>/", views.open_link, name="sign_in_link"),
]
