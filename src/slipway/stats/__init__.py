"""Ground floor: numbers in, frozen evidence out. No I/O, no clock, no log, no hidden chance.

=====================  ===============================================================================
adjudicated            Who is right where model and person differ? And how do people differ among themselves?
agreement              Do people, or a model and people, agree beyond chance? (offline)
anchoring              Does a suggestion pull people to it?
asymptotic             Where is a mean? Rows at large n, or a few dozen daily means
auc                    Which model ranks better? (offline)
bernstein              Bounded means from sums alone, for monitors
bets                   Bets on counts: the engine of the drift tests
betting                Is a bounded mean below, or above, a margin? From sums alone
binning                Bins for a number column
binomial               The binomial tail, and p-values against a bound
block_drift            Has a table drifted, counted in hours or days?
block_gap              Is the model as good as it expects to be, counted in hours or days?
block_means            What a block of rows comes to: where columns lie, how far they spread, what is missing
bounds                 Boundaries for random walks: the parts of confidence sequences
calibration            Scores into probabilities, and how far off they may be
categories             Has a category column drifted?
checks                 Refusals that tests share
clustered_difference   How far are two arms apart, if who was dealt comes again?
clustered_share        How sure is a share whose trials stick together? (offline)
clusters               What an interval counts in: days, entities or rows
coding                 Inputs as bins, one byte a value
cohort                 Which arm is better, where outcomes come late?
confident              Which labels are likely to be wrong, and how many?
conformal              Is the stream still exchangeable?
crossed                How sure is a mean over rows and seeds? (offline)
crossings              Who was ever that slow?
dawid_skene            What is true, if raters differ in skill?
dirichlet              Do items fall to the arms in the shares they should?
drift                  Has a table drifted, counted in rows?
edetector              When did it change?
empirical_bernstein    Where is a bounded mean? In closed form, row by row
error_rate             Is an error rate above a bound, or below it? For an audit without an end
event_split            Is the canary's event rate higher?
evidence               What a statistic may claim, in its type
expected               How good is the model today, without labels?
fixed                  Intervals for one comparison at a planned n (offline)
gap                    Is the model as good as it expects to be?
hedged_capital         Where is a bounded mean? By betting on each row
histogram              Has a number column drifted?
information            Where is it, if the estimate sharpens by any means?
joint                  Have columns drifted together, though none has alone?
joint_scores           From binned columns to what is watched together
late_shift             Did the canary's values become larger at some time?
late_split             Did the canary's event rate become higher at some time?
log_counts             How are waiting times spread, the endless ones included? (offline)
loss_tick              Losses, summed exactly
moments                Count, sum, sum of squares
multiple               Many e-values: one alarm, and which of them it was
newest                 From which block on is a reference of one piece?
paired                 Is the shadow wrong more often than the live arm on the same requests?
paired_margin          Is it not worse than a margin allows?
part_gap               Has the gap moved in a part of the rows, where it is diluted in all?
part_sums              The gap of parts of the rows, as sums
peeked_threshold       The same as thresholds, looked at every day
planned                Sample sizes of the usual fixed-n tests
power                  How long until a verdict?
predictable            Bets fixed before their value is seen
quantile               What is the 99th percentile, or the share over budget?
rank_bets              Are these blocks like those before them?
rate_rise              Has a share risen above a bound, though rows stick together?
residuals              Residuals of a model that knows how good it is
restarts               Evidence that does not grow old
rhythm                 Is a Sunday like other Sundays, and unlike other days?
risk                   Is it worse than it was?
roots                  Where a function crosses zero or is least
row_loss               How wrong one answer is
row_marks              Which rows leap far beyond what was, or repeat another?
sequential             The one seam: a test that may be looked at after each tick
serial                 Does a unit resemble the one before it?
shares                 Has a share left what the reference allows?
size                   How far did a column move, in its own unit?
special                Special functions that numpy lacks
state                  Exact bytes for a state
stopping               When a counting test stops, exactly
student                Student's t
table                  Many columns at once: references and one tick
thresholds             From which confidence on may a model decide by itself? (offline)
two_by_two             Do two rates differ, if both change from block to block?
unit                   What is exchangeable: a row, an entity, an hour, a day?
watch                  Start watching a table in the unit that its reference shows
welch                  Do two means differ, and by how much? (offline)
without_replacement    How many of a finite list are marked, while it is read in random order?
=====================  ===============================================================================

A new test is one file: see ``docs/how-to/add-a-test.md``.
"""
