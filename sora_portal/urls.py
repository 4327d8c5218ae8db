"""The portal's addresses."""

from allauth.account import urls as account
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import include, path
from django_q.models import Schedule

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Roles need no groups, people's addresses live on the user, and a schedule could run any function.
admin.site.unregister([Group, EmailAddress, Schedule])

# Addresses are changed by an admin, so allauth's pages for them are left out.
OWN_ADDRESS = {"account_email", "account_email_verification_sent", "account_confirm_email"}

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include([url for url in account.urlpatterns if url.name not in OWN_ADDRESS])),
    path("", include("generations.urls")),
]
handler400 = "generations.views.errors.bad_request"
handler403 = "generations.views.errors.forbidden"
handler404 = "generations.views.errors.not_found"
handler500 = "generations.views.errors.server_error"
