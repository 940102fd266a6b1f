"""Asks a running server as its callers would, on a schedule that does not wait for the answers.

=============  ===============================================================================
arrivals       When is each request due?
wire           What does it say?
open_loop      Sends each when it is due, whoever has not answered yet
caller         One connection
pinned         TLS to the project's own server
wake           Wakes at a moment, to some ten microseconds
generator      The process that does so, apart from the server and from whoever reads the result
usage          What did the server's processes take meanwhile?
judge          Was the rate held?
search         Which rate next?
ladder         Rate after rate, and the one that was found once more
run            One rate: generators started together, their counts added up
=============  ===============================================================================

A closed loop, which asks again once it was answered, slows down with the server: while the server stands still it asks
nothing, and the second that every caller would have waited counts as one slow request. Here latency is counted from the
moment a request was due.

Reference:
    Tene (2013), "How NOT to measure latency": coordinated omission.
    Schroeder, Wierman & Harchol-Balter (2006), "Open versus closed: a cautionary tale", NSDI.
"""
