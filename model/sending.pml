/* One message of the team's and the nodes that may send it: the lease, the fence in the log, the journal.

   The log is taken as what log.pml shows it to be: each append is decided by complete() on everything that
   stands before it, and its key stands there once. So an append is one atomic step here. That its answer comes
   late, or is lost and asked for again, is a pause behind that step.

   Time does not exist: a node may take the lease from another at any moment, any node may sleep between any two
   of its steps, and it may die there. How often is limited by the numbers below. */

#ifndef NODES
#define NODES 2
#endif
#ifndef ATTEMPTS
#define ATTEMPTS 2 /* a person may ask for another attempt, see retry_requested */
#endif
#ifndef TRIES
#define TRIES 2 /* of an attempt; each but the last may end as not_taken */
#endif
#ifndef FAULTS
#define FAULTS 3 /* of all kinds together: see something_may_go_wrong */
#endif

#define NOBODY NODES

/* A try of an attempt as one bit. */
#define try_bit(attempt, number) (1 << (((attempt) - 1) * TRIES + (number) - 1))
#define attempt_of(index) ((index) / TRIES + 1)
#define number_of(index) ((index) % TRIES + 1)

/* --- the log and its views --- */

mtype:status = { sending, sent, failed };

byte attempt;                 /* of the message; 0: not accepted yet */
mtype:status status = sending;
bool reported_unconfirmed;
byte present_term;            /* of the newest sending_taken */
byte attempted;               /* tries with an entry send_attempted */
byte answered;                /* tries with an entry send_result */

#define unfinished (attempt > 0 && status == sending && !reported_unconfirmed)
#define can_retry (attempt > 0 && (status == failed || (status == sending && reported_unconfirmed)))

/* --- WhatsApp, only for the assertions --- */

byte posted;                /* tries that were POSTed */
byte may_have[ATTEMPTS + 1]; /* POSTs of each attempt that WhatsApp accepted, or may have */

/* --- the lease: a document beside the log --- */

byte holder = NOBODY;

/* --- the nodes --- */

mtype:keeper = { idle, has_lease, reads_row, reads_keys, doubts, sends };
mtype:runner = { rests, decided, appends_attempt, posts, appends_result, appends_too_old };
mtype:outcome = { accepted, refused, surely_not_taken, unanswered };

typedef node_memory {
  mtype:keeper keeper = idle;
  bool late_take;   /* a sending_taken of a turn that is over is not appended yet */
  byte term;        /* that the node sends in */
  byte seen;        /* take_over: the attempt it has read, then the try that is in doubt */
  byte queue;       /* send_queue: tries that wait */
  bool news;        /* message_accepted or retry_requested is in the log and has not reached the sender yet */
  mtype:runner runner = rests;
  byte running;     /* which try; send_queue lets only one of a chat run */
  byte running_term;
  mtype:outcome outcome;
}
node_memory node[NODES];

byte have_held; /* nodes that have held the lease; they do so for the first time in order, since they are alike */
byte faults;

/* The lease is taken from a node that lives, a node dies, or a message has waited for too long. */
#define something_may_go_wrong (faults < FAULTS)

#define mine node[me]
#define bit_of_running (1 << mine.running)
#define is_sending(n) (node[n].keeper != idle && node[n].keeper != has_lease)

/* What complete() says to an entry that carries a term: it may not happen in another one (the fence). */
#ifdef NO_FENCE
#define of_the_past(term_) false
#else
#define of_the_past(term_) ((term_) != present_term)
#endif

/* complete() of send_attempted, and of a send_result that carries a term, about try number `which`. */
#define may_be_decided(which, term_) (!of_the_past(term_) && unfinished && attempt == attempt_of(which))

inline forget_sending(n) {
  node[n].term = 0;
  node[n].queue = 0;
  node[n].seen = 0;
  node[n].news = false
}

inline end_run(n) {
  node[n].runner = rests;
  node[n].running = 0;
  node[n].running_term = 0;
  node[n].outcome = 0
}

/* Everybody hears of the entry by following the log. Who is not sending does not listen: what stands in the log
   before its sending_taken is read by its take_over. */
inline tell_all() {
  for (i : 0 .. NODES - 1) {
    node[i].news = is_sending(i)
  }
}

/* join_result: `said` of try number `which`, see core/joins.cpp. */
inline join_result(which, said) {
  answered = answered | (1 << which);
  if
  :: attempt_of(which) != attempt /* enter_attempt() says no: of an earlier one */
  :: attempt_of(which) == attempt && said == accepted && status == sending -> status = sent
  :: attempt_of(which) == attempt && said == refused ->
    /* Its author is told to write it again. */
    assert(may_have[attempt] == 0);
    status = failed
  :: attempt_of(which) == attempt && said == unanswered -> reported_unconfirmed = true
  :: else
  fi
}

#define may_start(which) (mine.runner == rests && (mine.queue & (1 << (which))) && is_sending(me))
#ifdef NO_JOURNAL
#define first_step_of_a_try posts
#define step_after_post appends_attempt
#else
#define first_step_of_a_try appends_attempt
#define step_after_post appends_result
#endif

inline start(which, first_step) {
  mine.queue = mine.queue & ~(1 << which);
  mine.running = which;
  mine.running_term = mine.term;
  mine.runner = first_step
}

/* One request to WhatsApp, and what it comes to. */
inline post(how) {
  assert(!(posted & bit_of_running)); /* no try goes out twice */
  posted = posted | bit_of_running;
  mine.outcome = how;
  if
  :: how == accepted || how == unanswered ->
    i = attempt_of(mine.running);
    may_have[i]++;
    assert(may_have[i] == 1);                /* no attempt reaches the customer twice, */
    assert(i < attempt || status != failed); /* and none that is shown as failed reaches them */
    i = 0
  :: else
  fi;
  mine.runner = step_after_post
}

active [NODES] proctype a_node() {
  byte me = _pid;
  byte i;
  do
  /* node::agree_on_sender, sending_leases::take: the holder's beat has not changed for some time by this node's
     own clock. That may be so at any moment, since a slow holder and a dead one look the same. A dead one's is
     taken in any case. */
  :: d_step {
       mine.keeper == idle && mine.runner == rests && me <= have_held &&
         (something_may_go_wrong || holder == NOBODY || node[holder].keeper == idle) ->
       if
       :: holder == NOBODY || node[holder].keeper == idle
       :: else -> faults++
       fi;
       if
       :: me == have_held -> have_held++
       :: else
       fi;
       holder = me;
       mine.keeper = has_lease
     }

  /* sender::take_term appends sending_taken: complete() gives it the next term. */
  :: d_step {
       mine.keeper == has_lease ->
       present_term++;
       forget_sending(me);
       mine.term = present_term;
       mine.keeper = reads_row
     }

  /* node::settle, sender::rest: the answer to sending_leases::beat says that another node has the lease. An
     append that is under way goes on. */
  :: d_step {
       mine.keeper != idle && holder != me ->
       mine.late_take = mine.late_take || mine.keeper == has_lease;
       forget_sending(me);
       mine.keeper = idle
     }
  :: d_step { mine.late_take -> mine.late_take = false; present_term++ }

#ifndef NO_TAKE_AGAIN
  /* node::settle, sender::outdone: the lease is this node's, and the log has a newer sending_taken: of whoever held
     the lease before, slept, and appended late. Without another one of ours nobody would send. */
  :: d_step {
       is_sending(me) && holder == me && present_term != mine.term ->
       forget_sending(me);
       mine.keeper = has_lease
     }
#endif

  /* sender::take_over, log_reading::unfinished_sends: the rows first, ... */
  :: d_step {
       mine.keeper == reads_row ->
       if
       :: unfinished -> mine.seen = attempt; mine.keeper = reads_keys
       :: else -> mine.keeper = sends
       fi
     }
  /* ... then, from the log, the tries of each. */
  :: d_step {
       mine.keeper == reads_keys ->
       i = 1;
       do
       :: i <= TRIES && (answered & attempted & try_bit(mine.seen, i)) -> i++
       :: else -> break
       od;
       if
       :: i > TRIES -> mine.seen = 0; mine.keeper = sends /* its result came between the two */
       :: i <= TRIES && (attempted & try_bit(mine.seen, i)) ->
         mine.seen = (mine.seen - 1) * TRIES + i - 1;
         mine.keeper = doubts
       :: else ->
         mine.queue = mine.queue | try_bit(mine.seen, i);
         mine.seen = 0;
         mine.keeper = sends
       fi;
       i = 0
     }
  /* sender::take_over appends its doubt, under a key of its own: the result may still come. */
  :: d_step {
       mine.keeper == doubts ->
       if
#ifdef DOUBT_IS_THE_RESULT
       :: answered & (1 << mine.seen) /* the old holder's: that WhatsApp did not take it */
       :: !(answered & (1 << mine.seen)) && may_be_decided(mine.seen, mine.term) ->
         join_result(mine.seen, unanswered)
#else
       :: may_be_decided(mine.seen, mine.term) -> reported_unconfirmed = true
#endif
       :: else
       fi;
       mine.seen = 0;
       mine.keeper = sends
     }

#ifndef NO_TAIL
  /* sender::asked, by the listener of the log (log_store::on_committed). */
  :: d_step {
       mine.news ->
       mine.news = false;
       mine.queue = mine.queue | try_bit(attempt, 1)
     }
#endif

  /* sender::pump starts what waits, in any order. */
  :: d_step { may_start(0) -> start(0, first_step_of_a_try) }
  :: d_step { may_start(1) -> start(1, first_step_of_a_try) }
  :: d_step { may_start(2) -> start(2, first_step_of_a_try) }
  :: d_step { may_start(3) -> start(3, first_step_of_a_try) }
  /* It may turn out to have waited for too long. */
  :: d_step { may_start(0) && something_may_go_wrong -> faults++; start(0, appends_too_old) }
  :: d_step { may_start(1) && something_may_go_wrong -> faults++; start(1, appends_too_old) }
  :: d_step { may_start(2) && something_may_go_wrong -> faults++; start(2, appends_too_old) }
  :: d_step { may_start(3) && something_may_go_wrong -> faults++; start(3, appends_too_old) }

  /* sender::run: the attempt is in the log before the first byte goes out. */
  :: d_step {
       mine.runner == appends_attempt ->
       if
       :: attempted & bit_of_running -> end_run(me)    /* log_writer::already_there */
#if defined(NO_RECOMPLETE)
       :: !(attempted & bit_of_running) && may_be_decided(mine.running, mine.running_term) -> mine.runner = decided
#elif defined(NO_JOURNAL)
       :: !(attempted & bit_of_running) ->
         attempted = attempted | bit_of_running;
         mine.runner = appends_result
#else
       :: !(attempted & bit_of_running) && may_be_decided(mine.running, mine.running_term) ->
         attempted = attempted | bit_of_running;
         mine.runner = posts
#endif
       :: else -> end_run(me)                         /* complete() dropped it */
       fi
     }
#ifdef NO_RECOMPLETE
  /* What was decided is appended behind whatever has come between. */
  :: d_step {
       mine.runner == decided ->
       if
       :: attempted & bit_of_running -> end_run(me)
       :: else -> attempted = attempted | bit_of_running; mine.runner = posts
       fi
     }
#endif

  /* sender::post. It may also look once more whether the lease is still its own; since it can sleep right
     after, that is left out. */
  :: d_step { mine.runner == posts -> post(accepted) }
  :: d_step { mine.runner == posts -> post(unanswered) }
  :: d_step { mine.runner == posts -> post(refused) }
  :: d_step { mine.runner == posts && number_of(mine.running) < TRIES -> post(surely_not_taken) }

  /* sender::run: what came of it. An own try's result counts in any term, unless one is there. */
  :: d_step {
       mine.runner == appends_result ->
       if
       :: answered & bit_of_running
       :: else -> join_result(mine.running, mine.outcome)
       fi;
       if
       /* sender::ended: the next try, unless another turn has begun */
       :: mine.outcome == surely_not_taken && mine.running_term == mine.term ->
         mine.queue = mine.queue | (bit_of_running << 1)
       :: else
       fi;
       end_run(me)
     }

  /* sender::fail_too_old: a result without a try, hence with the term, and only of what is still unfinished. */
  :: d_step {
       mine.runner == appends_too_old ->
       if
       :: answered & bit_of_running
#if defined(NO_TERM_IN_TOO_OLD)
       :: !(answered & bit_of_running) && unfinished && attempt == attempt_of(mine.running) ->
         join_result(mine.running, refused)
#elif defined(TOO_OLD_THOUGH_FINISHED)
       :: !(answered & bit_of_running) && !of_the_past(mine.running_term) -> join_result(mine.running, refused)
#else
       :: !(answered & bit_of_running) && may_be_decided(mine.running, mine.running_term) ->
         join_result(mine.running, refused)
#endif
       :: else
       fi;
       end_run(me)
     }
  od
}

inline crash(n) {
  faults++;
  node[n].late_take = false;
  forget_sending(n);
  end_run(n);
  node[n].keeper = idle
}

/* The team, WhatsApp's webhooks, and what goes wrong. */
active proctype the_world() {
  byte i;
  bool told;
  do
  :: d_step { attempt == 0 -> attempt = 1; tell_all(); i = 0 } /* message_accepted */

  :: d_step { /* retry_requested */
       can_retry && attempt < ATTEMPTS ->
       attempt++;
       status = sending;
       reported_unconfirmed = false;
       tell_all();
       i = 0
     }

  :: d_step { /* status_changed: WhatsApp took it, by whichever POST */
       !told && may_have[attempt] > 0 && status == sending ->
       told = true;
       status = sent
     }

  /* A node dies and starts again with an empty memory. */
  :: d_step { something_may_go_wrong -> crash(0) }
  :: d_step { something_may_go_wrong && NODES > 1 -> crash(1) }
  :: d_step { something_may_go_wrong && NODES > 2 -> crash(NODES - 1) }

  /* Nothing goes wrong any more. */
  :: d_step {
       something_may_go_wrong || !told ->
       faults = FAULTS;
       told = true
     }
  od
}

/* When nobody has anything left to do, the message is finished, or a person is told that it is unconfirmed. */
active proctype at_rest() {
  timeout -> assert(attempt > 0 && !unfinished)
}
