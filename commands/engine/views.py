"""Pages with a form: its fields become a command's body, and one of the named outcomes is shown."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as kept
from django.views import View

from commands.access.principal import Principal
from commands.engine import attempts, readable
from commands.engine.decider import States
from commands.engine.dispatch import dispatch, submission
from commands.engine.errors import Busy, Malformed, OutcomeUnknown
from commands.engine.forms import Body, Form, Said, Texts
from commands.engine.outcomes import Outcome, Submission
from commands.engine.run import rehearse
from commands.engine.spoken import spoken

WRITTEN, MAX_WRITTEN = "written", 2_000
"""What says that an address carries a whole form, and how much of one it may carry."""
AGAIN = frozenset({409, 503, 504})
"""What says "send the same again later": the key stays, so that it is done once."""
BESIDE = frozenset({"csrfmiddlewaretoken", "idempotency_key", "later", "next"})
"""What is sent with the fields of every form."""

IN_A_FORM = {
    "idempotency-key-reused": kept(
        "This form was sent before with something else in it, and that was decided. "
        "Send it again if this is meant as well."
    ),
    "outcome-unknown": kept("It is not known whether this was done: the database did not say."),
}
"""Sentences for people who never see what a program would be told."""


class Awaited(HttpResponse):
    """No answer yet: the server awaits what comes of a command, and asks the page again with it.

    There may be others that are sent at the same moment; those that go by the gateway are awaited
    for so many seconds.
    """

    def __init__(self, asked: Submission, *others: Submission, seconds: float = 0) -> None:
        super().__init__(status=202)
        self.asked, self.others, self.seconds = asked, others, seconds


class SeeOther(HttpResponseRedirect):
    """After a success: reloading what is shown then sends nothing again."""

    status_code = 303


class CommandPage(LoginRequiredMixin, View):
    """A form for one command. Subclasses say how its fields become the command's body.

    A POST is the command itself, unless it comes of one of the other `buttons`: those change what
    stands in the form, or ask what would happen, and keep the key. The button `later` has it done
    later. Where the server awaits commands, `request.outcome` is there: None the first time, when
    the answer is what to await, and then what came of `request.asked`.
    """

    command: ClassVar[str]
    template: ClassVar[str]
    source: ClassVar[str] = "form"
    buttons: ClassVar[tuple[str, ...]] = ()

    def setup(self, request: HttpRequest, *args: Any, **address: Any) -> None:
        super().setup(request, *args, **address)
        is_command = getattr(request, "outcome", None) is not None
        if request.method != "POST" or is_command or request.POST.keys() & {*self.buttons}:
            return
        about = {"sent": self._texts(), "arguments": self.names(), "road": self._road}
        attempts.note(request, self.command, self.source, **about)

    def dispatch(self, request: HttpRequest, *args: Any, **address: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            self.look_up(**address)
        return super().dispatch(request, *args, **address)

    def handle_no_permission(self) -> HttpResponseRedirect:
        """Who was logged out meanwhile is told that nothing was sent, and finds what they wrote."""
        if self.request.method != "POST":
            return super().handle_no_permission()
        said = _("You are not logged in any more, so nothing was sent. Log in, and send it again.")
        messages.warning(self.request, said)
        written = urlencode({WRITTEN: "", **{k: v for k, v in self._texts().items() if v}})
        address = self.request.path + (f"?{written}" if len(written) < MAX_WRITTEN else "")
        return redirect_to_login(address, self.get_login_url(), self.get_redirect_field_name())

    def get(self, request: HttpRequest, **address: Any) -> HttpResponse:
        texts = self.first()
        if WRITTEN in request.GET:
            texts = {name: request.GET.get(name, "") for name in texts}
        return self.show(Form(texts))

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        texts = self._texts()
        form = Form(self.tidy(texts))
        awaited: Submission | None = getattr(request, "asked", None)
        drawn = awaited.key if awaited else form.key
        form.key = request.POST.get("idempotency_key") or drawn or form.key
        for name in self.buttons:
            if name in request.POST:
                return cast(HttpResponse, getattr(self, name)(form, request.POST[name]))
        return self.send(form)

    def _texts(self) -> Texts:
        """What stands in the fields that came in."""
        return {
            name: str(text).replace("\r\n", "\n").strip()
            for name, text in self.request.POST.items()
            if name not in BESIDE.union(self.buttons)
        }

    @property
    def _road(self) -> str:
        return "queued" if "later" in self.request.POST else "awaited"

    # --- what a subclass says ----------------------------------------------------------------

    def look_up(self, **address: Any) -> None:
        """Find what the address names, for somebody who is logged in.

        Raises:
            Http404: there is none, or it is not theirs to see.
            PermissionDenied: the command is not for them.
        """

    def first(self) -> Texts:
        """The texts of the form when it is opened."""
        return {}

    def tidy(self, texts: Texts) -> Texts:
        """The texts that came in, in the shape in which the form is shown."""
        return texts

    def body(self, texts: Texts) -> Body:
        """The command's body as these texts say it."""
        raise NotImplementedError

    def names(self) -> dict[str, str]:
        """The command's arguments that the address names."""
        return {}

    def expected(self, texts: Texts) -> dict[str, int]:
        """The versions that streams must still have."""
        return {}

    def place(self, answer: Mapping[str, Any], texts: Texts) -> str:
        """The field at which a refusal without a pointer stands."""
        return ""

    def facts(self, answer: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What led to a refusal, as people read it."""
        return readable.facts(answer["facts"])

    def after(self, answer: Mapping[str, Any], texts: Texts) -> Texts:
        """The texts that a refused form is shown with."""
        return texts

    def home(self, outcome: Outcome) -> str:
        """The address of what a success made or changed."""
        raise NotImplementedError

    def told(self, outcome: Outcome) -> str:
        """A success in a sentence."""
        raise NotImplementedError

    def foreseen(self, outcome: Outcome, states: States) -> Any:
        """What a check shows of a success that has not happened, and the states it would leave."""
        return outcome.answer

    def more(self, form: Form) -> dict[str, Any]:
        """What else the template is given."""
        return {}

    def goal(self, outcome: Outcome) -> str:
        """Where a success leads: back to where the form was begun, if that was elsewhere."""
        return self.begun_at or self.home(outcome)

    # --- what they all do --------------------------------------------------------------------

    @property
    def principal(self) -> Principal:
        found: Principal | None = self.request.principal  # type: ignore[attr-defined]
        # It is looked up here at the latest: where a command is awaited, no database is asked.
        if not found:
            raise PermissionDenied
        return found

    @property
    def begun_at(self) -> str:
        """The page that led to the form and named itself; empty where it is none of ours."""
        said = str(self.request.POST.get("next") or self.request.GET.get("next", ""))
        return said if url_has_allowed_host_and_scheme(said, allowed_hosts=None) else ""

    def show(self, form: Form, status: int = 200, **more: Any) -> HttpResponse:
        """The form as it stands."""
        context = {"fields": form, "key": form.key, "summary": form.summary(), "status": status}
        context["begun_at"] = self.begun_at
        response = render(
            self.request, self.template, {**context, **self.more(form), **more}, status=status
        )
        if status in AGAIN:
            response.headers["Retry-After"] = "1"
        return response

    def send(self, form: Form) -> HttpResponse:
        """Run the command, and go where its success is, or show what kept it from that."""
        try:
            outcome = getattr(self.request, "outcome", None)
            if outcome is None:
                asked = self.asked(form)
                attempts.is_command(self.request)
                if hasattr(self.request, "outcome"):
                    return Awaited(asked)
                outcome = dispatch(asked)
            if isinstance(outcome, Exception):
                raise outcome
        except Malformed as error:
            attempts.is_wrong(self.request, error.errors)
            return self.show(self._malformed(form, error), error.status)
        except (Busy, OutcomeUnknown) as error:
            form.say("", Said(spoken(IN_A_FORM.get(error.code, error.detail))))
            return self.show(form, error.status)
        if outcome.is_accepted:
            said = _("Accepted. It will be done soon; what comes of it is here.")
            messages.info(self.request, said)
            return SeeOther(reverse("request", args=[outcome.request]))
        if not outcome.succeeded:
            return self.show(self._refused(form, outcome), outcome.http_status)
        replayed = [_("This was done before, and only once.")] * outcome.replayed
        messages.success(self.request, " ".join([*replayed, self.told(outcome)]))
        return SeeOther(self.goal(outcome))

    def check(self, form: Form, pressed: str) -> HttpResponse:
        """Show what would come of the command, which changes nothing."""
        try:
            outcome, states = rehearse(self.asked(form))
        except Malformed as error:
            return self.show(self._malformed(form, error), checked=True)
        if not outcome.succeeded:
            return self.show(self._refused(form, outcome), checked=True, refused=True)
        return self.show(form, checked=True, rehearsed=self.foreseen(outcome, states))

    def asked(self, form: Form) -> Submission:
        """The command that a form asks for.

        Raises:
            Malformed: something in it cannot be read.
        """
        body, errors = self.body(form.texts), []
        try:
            found = submission(
                self.command,
                body.data,
                principal=self.principal,
                arguments=self.names(),
                expected=self.expected(form.texts),
                key=form.key,
                source=self.source,
                road=self._road,
                later=self._road == "queued",
                id=self.request.id,  # type: ignore[attr-defined]
            )
            if not body.wrong:
                return found
        except Malformed as error:
            errors = [pair for pair in error.errors if pair[0] not in body.wrong]
        raise Malformed([*body.wrong.items(), *errors])

    def _malformed(self, form: Form, error: Malformed) -> Form:
        again = Form(form.texts)
        for pointer, sentence in error.errors:
            again.say(pointer[1:], Said(spoken(sentence)))
        return again

    def _refused(self, form: Form, outcome: Outcome) -> Form:
        """The form with the refusal at its place; with a new key unless the old one shall wait."""
        answer = outcome.answer
        again = Form(self.after(answer, form.texts))
        if outcome.http_status in AGAIN:
            again.key = form.key
        place = answer["pointer"][1:] or self.place(answer, form.texts)
        sentence = spoken(IN_A_FORM.get(answer["code"], answer["detail"]))
        again.say(place, Said(sentence, self.facts(answer)))
        return again
