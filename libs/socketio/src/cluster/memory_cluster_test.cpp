// Servers of one process as a cluster.
#include "socketio/memory_cluster.hpp"

#include "cluster/testing/contract.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace socketio::cluster::testing {
namespace {

struct in_memory {
  memory_cluster cluster{500ms};
  std::shared_ptr<cluster_adapter> adapter() { return cluster.adapter(); }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, Contract, in_memory);

TEST(MemoryCluster, AdaptersOutliveTheCluster) {
  auto cluster = std::make_unique<memory_cluster>(500ms);
  server a("a", cluster->adapter()), b("b", cluster->adapter());
  cluster.reset();
  EXPECT_TRUE(sees(a, {"b"}));
}

TEST(MemoryCluster, AServerThatStopsIsNotWaitedFor) {
  memory_cluster cluster(1h);
  server a("a", cluster.adapter()), b("b", cluster.adapter());
  b.member.silent = true;
  b.adapter->stop();
  const auto [ec, sockets] = a.fetch();
  EXPECT_FALSE(ec);
  EXPECT_TRUE(sockets.empty());
}

TEST(MemoryCluster, PatienceWithoutEndDoesNotEndAtOnce) {
  record heard;
  memory_cluster cluster(std::chrono::milliseconds::max());
  server a("a", cluster.adapter()), b("b", cluster.adapter());
  b.member.silent = true;
  a.adapter->fetch_sockets("/", {}, [&](error_code ec, const auto&) { heard.add(ec.message()); });
  std::this_thread::sleep_for(20ms); // for what must not happen
  EXPECT_TRUE(heard.lines().empty());
}

// A handler that is thrown away is no answer, but an end.
TEST(MemoryCluster, AForgottenQuestionIsNotWaitedFor) {
  struct forgetful final : cluster_member {
    void broadcast(std::string_view, const packet_data&, const target_options&,
                   const broadcast_flags&) override {}
    void broadcast_with_ack(std::string_view, const packet_data&, const target_options&,
                            const broadcast_flags&, std::function<void(std::size_t)>,
                            std::function<void(packet_data)>) override {}
    void sockets_join(std::string_view, const target_options&, const std::vector<std::string>&) override {}
    void sockets_leave(std::string_view, const target_options&, const std::vector<std::string>&) override {}
    void disconnect_sockets(std::string_view, const target_options&, bool) override {}
    void fetch_sockets(std::string_view, const target_options&,
                       std::function<void(std::vector<remote_socket>)>) override {}
    void all_rooms(std::string_view, std::function<void(std::vector<std::string>)>) override {}
    void server_side_emit(std::string_view, const packet_data&, std::function<void(packet_data)>) override {}
  } member;
  memory_cluster cluster(1h);
  server a("a", cluster.adapter());
  const auto other = cluster.adapter();
  other->start(member);
  other->nsp_opened("/");
  EXPECT_EQ(a.fetch().first, error::timed_out);
  EXPECT_EQ(a.ask_servers(event(R"(["q"])")).first, error::timed_out);
  other->stop();
}

TEST(MemoryCluster, TheLastAdapterMayGoInsideItsOwnHandler) {
  memory_cluster* cluster = new memory_cluster(1ms);
  fake_member silent("b");
  silent.silent = true;
  const auto other = cluster->adapter();
  other->start(silent);
  other->nsp_opened("/");
  fake_member asking("a");
  auto adapter = cluster->adapter();
  adapter->start(asking);
  adapter->nsp_opened("/");
  record heard;
  adapter->fetch_sockets("/", {}, [&, adapter](error_code ec, const auto&) mutable {
    adapter.reset();
    heard.add(ec.message());
  });
  adapter.reset();
  delete cluster;
  EXPECT_TRUE(heard.hears(error_code(error::timed_out).message()));
  other->stop();
}

} // namespace
} // namespace socketio::cluster::testing
