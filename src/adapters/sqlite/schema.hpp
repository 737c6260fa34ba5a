// The tables of the log's file. New versions are appended, never changed.
#pragma once

#include <string_view>
#include <vector>

namespace tickwire::sqlite {

inline const std::vector<std::string_view> log_migrations{
    R"sql(
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('epoch', lower(hex(randomblob(12))));

CREATE TABLE log (
  seq INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  data TEXT NOT NULL,
  raw TEXT NOT NULL,
  event_name TEXT,          -- NULL: nothing that pages see
  event_user TEXT NOT NULL, -- empty: everybody
  event_data TEXT NOT NULL
);

CREATE TABLE messages (
  id TEXT NOT NULL UNIQUE,
  seq INTEGER NOT NULL,
  chat_id TEXT NOT NULL,
  sender_id TEXT NOT NULL,
  receiver_id TEXT NOT NULL,
  direction INTEGER NOT NULL,
  type TEXT NOT NULL,
  text TEXT NOT NULL,
  extra TEXT NOT NULL,
  client_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  counts_unread INTEGER NOT NULL,
  status INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  unconfirmed INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  wamid TEXT NOT NULL,
  accepted_time INTEGER, sent_time INTEGER, delivered_time INTEGER, read_time INTEGER, failed_time INTEGER, played_time INTEGER,
  details TEXT NOT NULL -- what few messages have, as JSON; empty: nothing
);
CREATE INDEX messages_by_chat ON messages (chat_id, seq);
CREATE INDEX messages_by_seq ON messages (seq);
CREATE INDEX messages_unread ON messages (chat_id, seq) WHERE counts_unread = 1;
CREATE INDEX messages_sending ON messages (seq) WHERE status = 0;

CREATE TABLE bindings (wamid TEXT PRIMARY KEY, message_id TEXT NOT NULL, attempt INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE parked (wamid TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (wamid, key)) WITHOUT ROWID;
CREATE TABLE contacts (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, profile_name TEXT NOT NULL, phone TEXT NOT NULL, user_id TEXT NOT NULL,
  username TEXT NOT NULL, seq INTEGER NOT NULL, title TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX contacts_by_title ON contacts (title, id);
CREATE TABLE aliases (alias TEXT PRIMARY KEY, contact_id TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE chats (
  id TEXT PRIMARY KEY, kind INTEGER NOT NULL, subject TEXT NOT NULL, subject_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
  last_message_id TEXT NOT NULL, last_inbound_at INTEGER, created_seq INTEGER NOT NULL, activity INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX chats_by_activity ON chats (activity);
CREATE TABLE read_marks (user_id TEXT NOT NULL, chat_id TEXT NOT NULL, up_to INTEGER NOT NULL, PRIMARY KEY (user_id, chat_id))
  WITHOUT ROWID;
)sql",
    // The position is the row's own number (a message that is not known yet has one below zero), and one
    // index serves pages and unread counts: half as many pages to write for each message.
    R"sql(
CREATE TABLE placed (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  chat_id TEXT NOT NULL,
  sender_id TEXT NOT NULL,
  receiver_id TEXT NOT NULL,
  direction INTEGER NOT NULL,
  type TEXT NOT NULL,
  text TEXT NOT NULL,
  extra TEXT NOT NULL,
  client_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  counts_unread INTEGER NOT NULL,
  status INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  unconfirmed INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  wamid TEXT NOT NULL,
  accepted_time INTEGER, sent_time INTEGER, delivered_time INTEGER, read_time INTEGER, failed_time INTEGER, played_time INTEGER,
  details TEXT NOT NULL -- what few messages have, as JSON; empty: nothing
);
INSERT INTO placed SELECT CASE WHEN seq > 0 THEN seq ELSE -rowid END, id, chat_id, sender_id, receiver_id, direction, type,
  text, extra, client_id, created_at, counts_unread, status, attempt, unconfirmed, updated_at, wamid, accepted_time,
  sent_time, delivered_time, read_time, failed_time, played_time, details FROM messages;
DROP TABLE messages;
ALTER TABLE placed RENAME TO messages;
CREATE INDEX messages_by_chat ON messages (chat_id, seq, counts_unread);
CREATE INDEX messages_sending ON messages (seq) WHERE status = 0;
)sql",
    // When a person's names were said, so that an older webhook does not bring an old one back.
    R"sql(
ALTER TABLE contacts ADD COLUMN profile_name_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN username_at INTEGER NOT NULL DEFAULT 0;
)sql",
    // People who turned out to be one.
    R"sql(
ALTER TABLE contacts ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN merged_into TEXT NOT NULL DEFAULT '';
)sql",
    // What is kept without being understood is counted and listed without reading the whole log.
    R"sql(
CREATE INDEX log_kept ON log (seq, json_extract(data, '$.what')) WHERE kind = 'unhandled';
)sql",
    // Imported history stands below zero (core/position.hpp), what is not known yet far below that.
    R"sql(
UPDATE messages SET seq = seq - 1152921504606846976 WHERE seq < 0;

ALTER TABLE chats RENAME COLUMN created_seq TO opened_seq;
ALTER TABLE chats ADD COLUMN window_ends_at INTEGER;
ALTER TABLE chats ADD COLUMN entry_point_at INTEGER;
ALTER TABLE chats ADD COLUMN entry_point_answered INTEGER;
UPDATE chats SET window_ends_at = last_inbound_at + 86400000;
ALTER TABLE chats DROP COLUMN last_inbound_at;

-- Who quotes a message, by the name that they use for it.
CREATE TABLE quotes (quoted TEXT NOT NULL, seq INTEGER NOT NULL, message_id TEXT NOT NULL, PRIMARY KEY (quoted, seq))
  WITHOUT ROWID;
)sql",
    // A message's body stands in `details`; rows that were there keep theirs here, as JSON members.
    R"sql(
ALTER TABLE messages RENAME COLUMN extra TO old_body;
)sql"};

inline const std::vector<std::string_view> accounts_migrations{
    R"sql(
CREATE TABLE users (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, role TEXT NOT NULL, password_hash TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sessions (token_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX sessions_by_end ON sessions (expires_at);
)sql",
    R"sql(
ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE TABLE devices (device_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL, added_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX devices_by_user ON devices (user_id, added_at);
)sql"};

} // namespace tickwire::sqlite
