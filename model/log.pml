/* The log that several nodes share in MongoDB, and its views: how entries get numbers, how rows get from one
   entry to a later one, and what is left for others when a node dies. See decision 25.

   Each access to the store is one step, and everything may happen between two of them. */

#ifndef NODES
#define NODES 2
#endif
#ifndef FAULTS
#define FAULTS 2 /* of all kinds together: a node dies, the store does not answer, or it does something late */
#endif

/* Keys of entries, as bits. What is proposed: */
#define STATUS 2   /* a webhook that reaches every node: once in the log, with what belongs behind it */
#define RETRY 8    /* retry_requested: may happen only behind STATUS, and not behind DELIVERED */
#define DELIVERED 16
/* What complete() adds: */
#define CHAT 1     /* before what is the first of its chat */
#define FOLLOWER 4 /* behind STATUS, and nowhere else (log_row::follows) */
#define ENTRIES_MAX 5

#ifndef WORK_OF_0
#define WORK_OF_0 (STATUS | RETRY)
#endif
#ifndef WORK_OF_1
#define WORK_OF_1 (STATUS | DELIVERED)
#endif
#ifndef WORK_OF_2
#define WORK_OF_2 STATUS
#endif

/* --- the store --- */

/* The collection `log`. (inbox, seq) and (inbox, key) are unique. */
byte log_length;
byte log_key[ENTRIES_MAX + 1];    /* [seq] */
byte log_writer[ENTRIES_MAX + 1];
byte log_keys;                    /* all of them */

/* Two rows of the views, each with the entry up to which it is. */
byte row_a, row_a_v, row_b, row_b_v;

/* The inbox's document in `meta`: the step that is under way. `step_b` is in it only if the row changes. */
byte step_to, step_a, step_b;
bool step_has_b;

/* A request that the store was slow with: it was given up, and is done at some time later. */
mtype:request = { none, an_insert, a_step, a_row_a, a_row_b };
mtype:request late = none;
byte late_at, late_n, late_writer, late_from, late_to, late_a, late_b;
byte late_keys[3];
bool late_has_b;

/* --- the nodes --- */

mtype:at = { opens, rests, takes_in, reads_step, writes_a, writes_b, loads_a, loads_b, applies, decides, inserts, checks,
             advances, finishes };
mtype:why = { opening, settling, own_step, was_overtaken };

typedef node_memory {
  mtype:at at = opens;
  byte work;        /* proposals that have no answer yet */
  byte asked;       /* the one of the commit under way; 0: it only follows */
  byte head;        /* log_writer::head_ */
  byte settled;     /* mongo_rows::head_: the views have this entry */
  bool up_to_date;  /* not log_writer::may_be_behind_ */
  bool commits;     /* else it takes in what others have appended */
  bool owed;        /* log_writer::owed_ */
  byte unanswered;  /* log_writer::unanswered_ */
  byte life;        /* a new one has a new name as writer */
  /* mongo_views: rows that were read, or changed by the transaction */
  bool has_a, has_b, changed_b;
  byte a, b;
  byte last;        /* mongo_rows::last_: to which the views are to be brought */
  byte n, done;     /* entries to insert, and how many are */
  byte batch[3];
  bool stored;      /* the answer */
  bool there;
#ifdef NO_RECOMPLETE
  bool decided;     /* what complete() said before others were faster still counts */
#endif
  /* the step whose rows are written */
  mtype:why why;
  byte to, to_a, to_b;
  bool to_has_b
}
node_memory node[NODES];

byte faults;
#define something_may_go_wrong (faults < FAULTS)

#define mine node[me]
#ifdef NO_RECOMPLETE
#define decided_before mine.decided
#else
#define decided_before false
#endif
#define writer_of(n) (node[n].life * NODES + (n) + 1)

/* --- what an entry does to the rows: apply() ---
   Row a has the keys so far and counts them, row b depends on row a. So applying twice, or onto rows of another
   age, gives something else. */
#define keys_in(a) ((a) & 31)
#define may_retry(keys) (((keys) & STATUS) && !((keys) & DELIVERED))
#define changes_b(key) ((key) == STATUS || (key) == RETRY)
inline apply(one, value_a, value_b, is_changed) {
  if
  :: changes_b(one) -> value_b = value_b * 8 + (value_a >> 5) + 1; is_changed = true
  :: else
  fi;
  value_a = (value_a | one) + 32
}

/* Rows as they must be after entry `seq`, from the log alone. */
byte right_a, right_b, right_i;
bool right_changed;
inline compute_right(newest) {
  right_a = 0;
  right_b = 0;
  right_i = 1;
  do
  :: right_i <= newest -> apply(log_key[right_i], right_a, right_b, right_changed); right_i++
  :: else -> break
  od
}
inline forget_right() {
  right_a = 0;
  right_b = 0;
  right_i = 0;
  right_changed = false
}

/* --- single operations of the store --- */

/* One document of insertMany; `refused` when one of the two indexes has it. */
inline insert(number, new, writer, is_refused) {
  if
  :: number <= log_length || (log_keys & new) -> is_refused = true
  :: else ->
    is_refused = false;
    assert(number == log_length + 1); /* no gaps */
    /* It stands where complete() would have it now, and what belongs behind an entry is right behind it. */
    assert((log_key[number - 1] == STATUS) == (new == FOLLOWER));
    assert(new == CHAT || (log_keys & CHAT));
    assert(new != RETRY || may_retry(log_keys));
    log_length = number;
    log_key[number] = new;
    log_writer[number] = writer;
    log_keys = log_keys | new
  fi
}

/* applying::perform writes a row only over an older one (`v`). */
#ifdef NO_V
#define is_older(present, version) true
#else
#define is_older(present, version) ((present) < (version))
#endif
inline write_a(version, value) {
  if
  :: is_older(row_a_v, version) -> row_a = value; row_a_v = version
  :: else
  fi
}
inline write_b(version, value) {
  if
  :: is_older(row_b_v, version) -> row_b = value; row_b_v = version
  :: else
  fi
}

/* applying::advance: only in place of a step that ends where this one begins. */
inline replace_step(begin, end, value_a, with_b, value_b, is_replaced) {
  if
  :: step_to == begin ->
    step_to = end;
    step_a = value_a;
    step_has_b = with_b;
    step_b = value_b;
    is_replaced = true
  :: else -> is_replaced = false
  fi
}

/* --- steps of a node --- */

inline forget_views() {
  mine.has_a = false;
  mine.has_b = false;
  mine.changed_b = false;
  mine.a = 0;
  mine.b = 0
}
inline forget_step() {
  mine.to = 0;
  mine.to_a = 0;
  mine.to_has_b = false;
  mine.to_b = 0;
  mine.why = 0
}
inline forget_transaction() {
  mine.last = 0;
  mine.n = 0;
  mine.done = 0;
  mine.batch[0] = 0;
  mine.batch[1] = 0;
  mine.batch[2] = 0;
  mine.stored = false;
  mine.there = false;
  forget_step()
}

/* The exception `overtaken`, and any other one; see log_writer::commit and mongo_rows::roll_back. */
inline decide_again() {
  forget_views();
  forget_transaction();
  mine.up_to_date = false;
  mine.commits = false;
  mine.at = takes_in
}
inline give_up() { /* the append is refused, and comes again */
  decide_again();
  mine.asked = 0;
  mine.at = rests
}

inline add_to_batch(new) {
  mine.batch[mine.n] = new;
  mine.n++;
  apply(new, mine.a, mine.b, mine.changed_b)
}

/* log_writer::take_in, behind the rows: what it learns from entries up to the one `upto`. */
inline note_entries(upto) {
  i = mine.head + 1;
  do
  :: i <= upto ->
    if
    :: log_writer[i] == writer_of(me) -> mine.unanswered = mine.unanswered | log_key[i]
    :: else
    fi;
#ifndef NO_OWED
    mine.owed = (log_key[i] == STATUS);
#endif
    i++
  :: else -> break
  od;
  i = 0;
  mine.head = upto
}

/* All rows of a step are written: mongo_rows goes on. */
inline rows_are_written() {
  if
  :: mine.to != mine.settled && mine.why != own_step -> forget_changes = true
  :: else -> forget_changes = false
  fi;
  if
  :: mine.why == opening ->
    mine.settled = mine.to;
    mine.head = mine.to;
#ifndef OPEN_AT_HEAD
    /* What belongs behind the newest entry may be missing. */
    if
    :: mine.head > 0 -> mine.head = mine.head - 1
    :: else
    fi;
#endif
    forget_step();
    mine.at = takes_in
  :: mine.why == settling ->
    mine.settled = mine.to;
    if
    :: forget_changes -> forget_views()
    :: else
    fi;
    forget_step();
    if
    :: mine.last > mine.settled -> mine.at = loads_a
    :: else -> note_entries(mine.last); mine.last = 0; mine.at = takes_in
    fi
  :: mine.why == own_step || (mine.why == was_overtaken && mine.to >= mine.last) ->
    mine.settled = mine.to;
    if
    :: mine.why == was_overtaken -> forget_views()
    :: else -> mine.changed_b = false
    fi;
    forget_step();
    if
    :: mine.commits -> mine.at = finishes
    :: else -> note_entries(mine.last); mine.last = 0; mine.at = takes_in
    fi
  :: mine.why == was_overtaken && mine.to < mine.last ->
    mine.settled = mine.to;
    forget_step();
    if
    :: mine.commits -> mine.at = advances /* our entries stand in the log: the rest of them, again */
    :: else -> decide_again()
    fi
  fi;
  forget_changes = false
}

/* The rows of a step, one by one. (One that changes nothing now will change nothing later, so it is no step.) */
inline write_rows() {
  if
  :: is_older(row_a_v, mine.to) -> mine.at = writes_a
  :: !is_older(row_a_v, mine.to) && mine.to_has_b && is_older(row_b_v, mine.to) -> mine.at = writes_b
  :: else -> rows_are_written()
  fi
}

active [NODES] proctype a_node() {
  byte me = _pid;
  byte i;
  bool refused, replaced, forget_changes;
  do
  /* open_rows; then log_writer's constructor takes in what there is. */
  :: d_step {
       mine.at == opens ->
       if
       :: mine.life == 0 && me == 0 -> mine.work = WORK_OF_0
       :: mine.life == 0 && me == 1 -> mine.work = WORK_OF_1
       :: mine.life == 0 && me > 1 -> mine.work = WORK_OF_2
       :: else
       fi;
       mine.why = opening;
       mine.at = reads_step
     }

  /* log_writer::commit, or follow. One proposal at a time. */
  :: d_step { mine.at == rests && (mine.work & STATUS) -> mine.asked = STATUS; mine.at = takes_in }
  :: d_step { mine.at == rests && (mine.work & RETRY) -> mine.asked = RETRY; mine.at = takes_in }
  :: d_step { mine.at == rests && (mine.work & DELIVERED) -> mine.asked = DELIVERED; mine.at = takes_in }
  :: d_step {
       /* Told by another node, or by a timer. (With work left it is the beginning of a commit anyway.) */
       mine.at == rests && mine.work == 0 && (mine.head < log_length || mine.owed) ->
       mine.up_to_date = false;
       mine.at = takes_in
     }

  /* mongo_rows::entries_after */
  :: d_step {
       mine.at == takes_in ->
       if
       :: !mine.up_to_date && log_length > mine.head ->
         mine.last = log_length;
         mine.why = settling;
         mine.at = reads_step
       :: else ->
         mine.up_to_date = true;
         if
         :: mine.asked != 0 || mine.owed -> mine.commits = true; mine.at = loads_a
         :: else -> mine.at = rests
         fi
       fi
     }

  /* applying::settle: the step that is under way, and its rows. */
  :: d_step {
       mine.at == reads_step ->
       mine.to = step_to;
       mine.to_a = step_a;
       mine.to_has_b = step_has_b;
       mine.to_b = step_b;
#ifdef NO_SETTLE
       rows_are_written()
#else
       write_rows()
#endif
     }
  /* applying::perform */
  :: d_step {
       mine.at == writes_a ->
       write_a(mine.to, mine.to_a);
       if
       :: mine.to_has_b && is_older(row_b_v, mine.to) -> mine.at = writes_b
       :: else -> rows_are_written()
       fi
     }
  :: d_step { mine.at == writes_b -> write_b(mine.to, mine.to_b); rows_are_written() }

  /* mongo_views: rows are read when they are not remembered. They may be newer than the head. */
  :: d_step {
       mine.at == loads_a ->
       if
       :: !mine.has_a -> mine.a = row_a; mine.has_a = true
       :: else
       fi;
       mine.at = loads_b
     }
  :: d_step {
       mine.at == loads_b ->
       if
       :: !mine.has_b -> mine.b = row_b; mine.has_b = true
       :: else
       fi;
       if
       :: mine.commits -> mine.at = decides
       :: else -> /* log_writer::take_in: apply_or_skip of what others have appended */
         i = mine.settled + 1;
         do
         :: i <= mine.last -> apply(log_key[i], mine.a, mine.b, mine.changed_b); i++
         :: else -> break
         od;
         i = 0;
         mine.at = advances
       fi
     }

  /* log_writer::append_owed, then log_writer::append: find() asks the log, complete() the views. */
  :: d_step {
       mine.at == decides ->
       if
       :: mine.owed -> add_to_batch(FOLLOWER)
       :: else
       fi;
       if
       :: mine.asked == 0
       :: mine.asked != 0 && (log_keys & mine.asked) -> /* already_there */
         mine.there = true;
         mine.stored = (mine.unanswered & mine.asked) != 0
       :: mine.asked == RETRY && !(log_keys & RETRY) && !may_retry(mine.a) &&
         !decided_before /* drop() */
       :: else ->
         if
         :: !(keys_in(mine.a) & CHAT) -> add_to_batch(CHAT)
         :: else
         fi;
         add_to_batch(mine.asked);
         mine.stored = true;
#ifdef NO_RECOMPLETE
         mine.decided = true;
#endif
         if
         :: mine.asked == STATUS -> add_to_batch(FOLLOWER)
         :: else
         fi
       fi;
       if
       :: mine.n > 0 -> mine.last = mine.head + mine.n; mine.at = inserts
       :: else -> mine.at = checks
       fi
     }

  /* mongo_rows::append. An insert may end in the middle. */
  :: d_step {
       mine.at == inserts ->
       insert(mine.head + mine.done + 1, mine.batch[mine.done], writer_of(me), refused);
       if
       :: refused -> decide_again()
       :: else ->
         mine.done++;
         if
         :: mine.done == mine.n -> mine.at = advances
         :: else
         fi
       fi;
       refused = false
     }

  /* mongo_rows::check_that_nothing_is_new: that nothing is to be appended is a decision, too. */
  :: d_step {
       mine.at == checks ->
#ifndef NO_CHECK
       if
       :: log_length > mine.settled -> decide_again()
       :: else ->
#endif
         assert(mine.there || mine.asked != RETRY || !may_retry(log_keys)); /* it may not happen, indeed */
         mine.at = finishes
#ifndef NO_CHECK
       fi
#endif
     }

  /* mongo_rows::bring_views_to */
  :: d_step {
       mine.at == advances ->
       replace_step(mine.settled, mine.last, mine.a, mine.changed_b, mine.b, replaced);
       if
       :: replaced ->
         mine.to = mine.last;
         mine.to_a = mine.a;
         mine.to_has_b = mine.changed_b;
         mine.to_b = mine.b;
         mine.why = own_step;
         write_rows()
       :: else -> mine.why = was_overtaken; mine.at = reads_step
       fi;
       replaced = false
     }

  /* The answer. */
  :: d_step {
       mine.at == finishes ->
       if
       :: mine.last > mine.head -> mine.head = mine.last
       :: else
       fi;
       if /* its proposer is told that it is stored exactly when it has stored it */
       :: mine.asked != 0 && (log_keys & mine.asked) ->
         i = 1;
         do
         :: log_key[i] != mine.asked -> i++
         :: else -> break
         od;
         assert(mine.stored == (log_writer[i] == writer_of(me)));
         i = 0
       :: else
       fi;
       mine.work = mine.work & ~mine.asked;
       mine.unanswered = mine.unanswered & ~mine.asked;
       mine.asked = 0;
       mine.owed = false;
       mine.commits = false;
#ifdef NO_RECOMPLETE
       mine.decided = false;
#endif
       forget_transaction();
       mine.at = rests
     }

  /* --- what goes wrong --- */

  /* The node dies and starts again. What it was asked for is asked for again. */
  :: d_step {
       something_may_go_wrong && mine.at != opens ->
       faults++;
       give_up();
       mine.head = 0;
       mine.settled = 0;
       mine.owed = false;
       mine.unanswered = 0;
       mine.life++;
       mine.at = opens
     }
  /* The store does not answer: what it was asked last may be done or not. */
  :: d_step {
       something_may_go_wrong && mine.at != opens && mine.at != rests && mine.why != opening ->
       faults++;
       give_up()
     }
  /* It does not answer, and does later what it was asked. */
  :: d_step {
       something_may_go_wrong && late == none && mine.at == inserts ->
       faults++;
       late = an_insert;
       late_at = mine.head + mine.done + 1;
       late_n = mine.n - mine.done;
       late_writer = writer_of(me);
       i = 0;
       do
       :: i < late_n -> late_keys[i] = mine.batch[mine.done + i]; i++
       :: else -> break
       od;
       i = 0;
       give_up()
     }
  :: d_step {
       something_may_go_wrong && late == none && mine.at == advances ->
       faults++;
       late = a_step;
       late_from = mine.settled;
       late_to = mine.last;
       late_a = mine.a;
       late_has_b = mine.changed_b;
       late_b = mine.b;
       give_up()
     }
  :: d_step {
       something_may_go_wrong && late == none && mine.at == writes_a && mine.why != opening ->
       faults++;
       late = a_row_a;
       late_to = mine.to;
       late_a = mine.to_a;
       give_up()
     }
  :: d_step {
       something_may_go_wrong && late == none && mine.at == writes_b && mine.why != opening ->
       faults++;
       late = a_row_b;
       late_to = mine.to;
       late_b = mine.to_b;
       give_up()
     }
  od
}

active proctype the_slow_store() {
  byte i;
  bool refused;
  do
  :: d_step {
       late != none ->
       if
       :: late == an_insert ->
         i = 0;
         do
         :: i < late_n && !refused -> insert(late_at + i, late_keys[i], late_writer, refused); i++
         :: else -> break
         od;
         i = 0
       :: late == a_step -> replace_step(late_from, late_to, late_a, late_has_b, late_b, refused)
       :: late == a_row_a -> write_a(late_to, late_a)
       :: late == a_row_b -> write_b(late_to, late_b)
       fi;
       refused = false;
       late_at = 0;
       late_n = 0;
       late_writer = 0;
       late_from = 0;
       late_to = 0;
       late_a = 0;
       late_b = 0;
       late_has_b = false;
       late_keys[0] = 0;
       late_keys[1] = 0;
       late_keys[2] = 0;
       late = none
     }
  :: d_step { something_may_go_wrong -> faults = FAULTS } /* nothing goes wrong any more */
  od
}

/* When nobody has anything left to do: all is in the log, and the views are what the log says. */
active proctype at_rest() {
  timeout ->
  d_step {
    right_i = 0;
    do
    :: right_i < NODES ->
      assert(node[right_i].at == rests && node[right_i].work == 0 && node[right_i].head == log_length);
      right_i++
    :: else -> break
    od;
    assert(!(log_keys & STATUS) == !(log_keys & FOLLOWER));
    assert(step_to == log_length);
    compute_right(log_length);
    assert(row_a == right_a);
    assert(row_b == right_b);
    forget_right()
  }
}
