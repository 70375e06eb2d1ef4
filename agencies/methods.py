"""The methods our pages know: GET, which shows, and POST, which changes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase


def head_as_get(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer HEAD as the GET it stands for, without the body (RFC 9110, 9.3.2).

    Done once and here, so that no view refuses it, and none that asks "is this a GET?" can take it for a change. The page
    is made, and logged, as for a GET.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.method != "HEAD":
            return get_response(request)
        request.method = "GET"
        response = get_response(request)
        if isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response

    return answer
