"""The card of a model: what people must know before they use it, told by whoever made it.

The fields are those of Mitchell et al., "Model cards for model reporting" (FAT* 2019), that no
program can find out; what can be measured is in the metrics and the report.
"""

from typing import Annotated

from pydantic import Field

from tidewheel_contracts.api.model import ApiModel, Words

__all__ = ["ModelCard"]

_NOT_BLANK = r"^(?s:.*[^ \t\r\n].*)$"
_AT_LEAST_A_WORD = Words("must hold at least one word; leave the field out instead")
# As much as the report shows of a text.
_Text = Annotated[str, Field(max_length=1000, pattern=_NOT_BLANK), _AT_LEAST_A_WORD]
_Line = Annotated[str, Field(max_length=200, pattern=_NOT_BLANK), _AT_LEAST_A_WORD]


class ModelCard(ApiModel):
    """What the numbers of a model do not tell; no part of its recipe."""

    purpose: Annotated[_Text | None, Field(description="What the model is for, and for whom.")] = (
        None
    )
    limitations: Annotated[
        _Text | None, Field(description="Where the model must not be used, or is known to be weak.")
    ] = None
    ethics: Annotated[
        _Text | None, Field(description="Whom its errors hurt, and what was done about it.")
    ] = None
    licence: Annotated[
        _Line | None,
        Field(description="Terms of use, such as an SPDX identifier: 'Apache-2.0'."),
    ] = None
    owner: Annotated[_Line | None, Field(description="Who answers for the model.")] = None
    contact: Annotated[_Line | None, Field(description="Where to reach the owner.")] = None
