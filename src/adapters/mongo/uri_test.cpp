#include "adapters/mongo/uri.hpp"

#include <gtest/gtest.h>

namespace tickwire::mongo {
namespace {

TEST(MongoUri, WhatPeopleWriteIsTaken) {
  for (const char* uri :
       {"mongodb://localhost", "mongodb://localhost:27017/tickwire",
        "mongodb://ana:pass%2Fword@a:27017,b:27018/x",
        "mongodb+srv://ana:password@cluster.example.org/?retryWrites=true", "mongodb://[::1]:27017/"})
    EXPECT_EQ(problem_of_uri(uri), "") << uri;
}

TEST(MongoUri, WhatCannotBeTakenIsToldWithoutItsPassword) {
  for (const std::string uri :
       {"localhost:27017", "http://ana:canary@host/x", "mongodb://", "mongodb://ana:cana/ry@host/x",
        "mongodb://ana:cana%ry@host/x", "mongodb://ana:cana@ry@host:no/x",
        "mongodb://ana:canary@host:99999/x", "mongodb://ana:canary@host/x y$.z",
        "mongodb://ana:canary?x@host/x", "mongodb://ana:canary%C3%A4@host/x"}) {
    const std::string problem = problem_of_uri(uri);
    EXPECT_NE(problem, "") << uri;
    EXPECT_EQ(problem.find("cana"), std::string::npos) << problem;
  }
}

TEST(MongoUri, TheDatabaseIsThatOfThePathOrTickwire) {
  EXPECT_EQ(database_of("mongodb://host/inbox?tls=true"), "inbox");
  for (const char* uri : {"mongodb://host", "mongodb://host/", "mongodb://host/?tls=true"})
    EXPECT_EQ(database_of(uri), "tickwire") << uri;
}

TEST(MongoUri, ItIsShownWithoutNameAndPassword) {
  EXPECT_EQ(shown("mongodb://ana:canary@one:27017,two:27018/inbox?tls=true"),
            "one:27017, two:27018, database inbox");
  EXPECT_EQ(shown("mongodb+srv://ana:canary@cluster.example.org"), "cluster.example.org, database tickwire");
}

} // namespace
} // namespace tickwire::mongo
