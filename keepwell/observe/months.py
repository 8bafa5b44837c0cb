"""Names of the months as exports write them, lower-cased and without a final dot."""

from __future__ import annotations

_NAMES: tuple[str, ...] = (
    "january jan januar jänner janvier janv enero ene styczeń stycznia sty",
    "february feb februar février févr fev febrero luty lutego lut",
    "march mar märz mär mrz mars marzo marzec marca",
    "april apr avril avr abril abr kwiecień kwietnia kwi",
    "may mai mayo maj maja",
    "june jun juni juin junio czerwiec czerwca cze",
    "july jul juli juillet juil julio lipiec lipca lip",
    "august aug août aou agosto ago sierpień sierpnia sie",
    "september sep sept septembre septiembre wrzesień września wrz",
    "october oct oktober okt octobre octubre październik października paź",
    "november nov novembre noviembre listopad listopada lis",
    "december dec dezember dez décembre déc diciembre dic grudzień grudnia gru",
)

MONTHS: dict[str, int] = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
