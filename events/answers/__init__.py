"""Questions about metrics and their answers: what pages, API and files say is computed here, once."""

from events.answers.answering import Answer, Answers, Row
from events.answers.asking import Question, Scope, scope_of

__all__ = ["Answer", "Answers", "Question", "Row", "Scope", "scope_of"]
