"""Me: all that the city holds of a device, in one answer; and all of it erased in one act, with a signed receipt.

Only the device's token opens these doors. What there is to tell and to erase belongs to other rooms, above and beside
this one; the composition root names them, one `Holder` each (`holders`).

Invariants: an erasure is on the list for older copies before anything is erased (`ground.erasures`); a receipt is
signed after everything was erased and never before; nothing of a receipt is kept here, and no id of a device stands in
one: it names the device by a hash that only who has the token can make.
"""
