"""`Authorization: Token …`, for programs; people have their session."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from inbox.language import language_of
from inbox.models import ApiToken, User
from inbox.services.api_tokens import digest_of

KEYWORD = "Token"


class TokenAuthentication(BaseAuthentication):
    """The person a token belongs to; whoever is disabled is refused."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """None when the request brings no token. AuthenticationFailed for one that is not valid."""
        keyword, _space, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if keyword.lower() != KEYWORD.lower():
            return None
        token = ApiToken.objects.select_related("user").filter(digest=digest_of(text.strip())).first()
        if token is None or not token.user.is_active:
            raise AuthenticationFailed(_("This token is not valid."))
        translation.activate(language_of(token.user))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return KEYWORD


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes it."""

    target_class = "inbox.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """An API key in a header."""
        text = "`Token ` and the token that `user create` printed."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": text}
