"""The portal's addresses."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("", include("generations.urls")),
]
handler400 = "generations.views.errors.bad_request"
handler403 = "generations.views.errors.forbidden"
handler404 = "generations.views.errors.not_found"
handler500 = "generations.views.errors.server_error"
