// The Graph client against a server of our own: certificates right and wrong, kept connections, connections
// that die.
#include "adapters/meta/graph_client.hpp"

#include "adapters/meta/graph_wire.hpp"
#include "contract/wait_for.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include <gtest/gtest.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <unistd.h>

namespace tickwire::meta {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using tickwire::testing::wait_for;
using namespace std::chrono_literals;

struct certificate {
  std::string cert, key; // PEM
};

// Self-signed for this host, valid from `begin` to `end` seconds from now.
certificate make_certificate(const std::string& host, long begin, long end) {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  X509* cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), begin);
  X509_gmtime_adj(X509_getm_notAfter(cert), end);
  X509_set_pubkey(cert, key);
  X509_NAME* name = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(host.c_str()),
                             -1, -1, 0);
  X509_set_issuer_name(cert, name);
  const std::string alternative = "DNS:" + host;
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative.c_str());
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(cert, key, EVP_sha256());
  const auto pem = [](auto write) {
    BIO* out = BIO_new(BIO_s_mem());
    write(out);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
  };
  certificate made{pem([&](BIO* out) { PEM_write_bio_X509(out, cert); }), pem([&](BIO* out) {
                     PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
                   })};
  X509_free(cert);
  EVP_PKEY_free(key);
  return made;
}

constexpr std::string_view accepted_answer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 37\r\n\r\n"
    R"({"messages":[{"id":"wamid.test.01"}]})";

// Reads one request after another and answers each; counts both.
template <class Stream>
void serve(Stream& stream, std::atomic<int>& requests, const std::function<bool(int)>& go_on) {
  asio::streambuf buffer;
  error_code error;
  for (;;) {
    const std::size_t head = asio::read_until(stream, buffer, "\r\n\r\n", error);
    if (error) return;
    const std::string text(static_cast<const char*>(buffer.data().data()), head);
    const std::size_t at = text.find("Content-Length: ");
    const std::size_t length = at == std::string::npos ? 0 : std::stoul(text.substr(at + 16));
    while (buffer.size() < head + length && !error) {
      char more[4096];
      const std::size_t size = stream.read_some(asio::buffer(more), error);
      buffer.sputn(more, static_cast<std::streamsize>(size));
    }
    buffer.consume(head + length);
    const int number = ++requests;
    const std::string answer(accepted_answer);
    asio::write(stream, asio::buffer(answer), error);
    if (error || !go_on(number)) return;
  }
}

class server {
public:
  // With a certificate it speaks TLS. After request n it closes the connection when go_on(n) is false.
  explicit server(
      std::optional<certificate> with = std::nullopt,
      std::function<bool(int)> go_on = [](int) { return true; })
      : acceptor_(io_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0))
      , go_on_(std::move(go_on)) {
    if (with) {
      tls_.emplace(asio::ssl::context::tls_server);
      tls_->use_certificate_chain(asio::buffer(with->cert));
      tls_->use_private_key(asio::buffer(with->key), asio::ssl::context::pem);
    }
    thread_ = std::thread([this] {
      for (;;) {
        error_code error;
        tcp::socket socket(io_);
        acceptor_.accept(socket, error);
        if (error || stopping_) return;
        ++connections;
        if (!tls_) {
          serve(socket, requests, go_on_);
          continue;
        }
        asio::ssl::stream<tcp::socket> stream(std::move(socket), *tls_);
        stream.handshake(asio::ssl::stream_base::server, error);
        if (!error) serve(stream, requests, go_on_);
      }
    });
  }
  ~server() {
    stopping_ = true;
    error_code ignored;
    tcp::socket wake(io_);
    wake.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }
  std::atomic<int> connections{0}, requests{0};

private:
  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::function<bool(int)> go_on_;
  std::optional<asio::ssl::context> tls_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

struct GraphClient : ::testing::Test {
  std::filesystem::path ca_file =
      std::filesystem::temp_directory_path() / ("tickwire-ca-" + std::to_string(::getpid()) + ".pem");
  ~GraphClient() override { std::filesystem::remove(ca_file); }

  send_outcome send(const std::string& base, const certificate* trusted = nullptr) {
    asio::io_context io;
    graph_config config;
    config.base_url = base;
    config.phone_number_id = "1";
    config.access_token = "t";
    config.connect_timeout = config.tls_timeout = config.answer_timeout = 2s;
    if (trusted) {
      std::ofstream(ca_file) << trusted->cert;
      config.extra_ca_file = ca_file.string();
    }
    const auto client = make_graph_client(io.get_executor(), config);
    return wait_for(io, client->send({"m_1", "+15550000101", "", false, "hi", ""}));
  }
};

TEST_F(GraphClient, ARightCertificateIsAccepted) {
  const certificate right = make_certificate("localhost", -3600, 3600);
  server graph(right);
  EXPECT_EQ(send("https://localhost:" + graph.port(), &right).kind, send_outcome_kind::accepted);
}

TEST_F(GraphClient, WrongCertificatesGetNoByteOfARequest) {
  const long hour = 3600;
  const certificate expired = make_certificate("localhost", -2 * hour, -hour);
  const certificate early = make_certificate("localhost", hour, 2 * hour);
  const certificate other_host = make_certificate("graph.example", -hour, hour);
  const certificate unknown = make_certificate("localhost", -hour, hour);
  for (auto [wrong, trusted] : {std::pair{&expired, &expired},
                                {&early, &early},
                                {&other_host, &other_host},
                                {&unknown, static_cast<const certificate*>(nullptr)}}) {
    server graph(*wrong);
    const send_outcome outcome = send("https://localhost:" + graph.port(), trusted);
    EXPECT_EQ(outcome.kind, send_outcome_kind::not_taken);
    EXPECT_EQ(graph.requests, 0);
  }
}

TEST_F(GraphClient, WhoDoesNotListenWasNotReached) {
  std::string port;
  {
    server gone;
    port = gone.port();
  }
  EXPECT_EQ(send("http://127.0.0.1:" + port).kind, send_outcome_kind::not_taken);
  // Too long for a label, so that no name server is asked.
  EXPECT_EQ(send("http://" + std::string(64, 'x') + ".invalid").kind, send_outcome_kind::not_taken);
}

TEST_F(GraphClient, KeepsConnectionsAndNoticesDeadOnesBeforeItWrites) {
  server graph(std::nullopt, [](int number) { return number != 3; }); // closes after the third
  asio::io_context io;
  graph_config config;
  config.base_url = "http://127.0.0.1:" + graph.port();
  config.phone_number_id = "1";
  config.access_token = "t";
  const auto client = make_graph_client(io.get_executor(), config);
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(wait_for(io, client->send({"m_1", "+15550000101", "", false, "hi", ""})).kind,
              send_outcome_kind::accepted)
        << i;
  EXPECT_EQ(graph.requests, 6);
  EXPECT_EQ(graph.connections, 2);
}

TEST(GraphWire, TheRequestIsMetas) {
  const auto body =
      boost::json::parse(request_body({"m_1", "+15550000101", "", false, "hi", "wamid.Q"})).as_object();
  EXPECT_EQ(body.at("messaging_product").as_string(), "whatsapp");
  EXPECT_EQ(body.at("to").as_string(), "+15550000101");
  EXPECT_EQ(body.at("biz_opaque_callback_data").as_string(), "m_1");
  EXPECT_EQ(body.at("context").at("message_id").as_string(), "wamid.Q");
  const auto hidden = boost::json::parse(request_body({"m_1", "", "US.1", false, "hi", ""})).as_object();
  EXPECT_EQ(hidden.at("recipient").as_string(), "US.1");
  EXPECT_FALSE(hidden.contains("to"));
  EXPECT_EQ(boost::json::parse(request_body({"m_1", "group-1", "", true, "hi", ""}))
                .at("recipient_type")
                .as_string(),
            "group");
}

TEST(GraphWire, OnlyAWholeAnswerIsBelieved) {
  EXPECT_EQ(outcome_of_answer(200, R"({"messages":[{"id":"wamid.1"}]})").whatsapp_message_id, "wamid.1");
  EXPECT_EQ(outcome_of_answer(
                200, R"({"contacts":[{"input":"+1","wa_id":"15550000101"}],"messages":[{"id":"wamid.1"}]})")
                .wa_id,
            "15550000101");
  for (const char* odd : {"", "{}", "<html>", R"({"messages":[]})", R"({"messages":[{"id":""}]})", "[1]"})
    EXPECT_EQ(outcome_of_answer(200, odd).kind, send_outcome_kind::unconfirmed) << odd;
  const auto refused = outcome_of_answer(
      400, R"({"error":{"message":"(#131030) Not allowed","code":131030,"error_data":{"details":"d"}}})");
  EXPECT_EQ(refused.kind, send_outcome_kind::refused);
  EXPECT_EQ(refused.error->code, 131030);
  EXPECT_EQ(outcome_of_answer(401, R"({"error":{"message":"expired","code":190}})").kind,
            send_outcome_kind::refused);
  EXPECT_EQ(outcome_of_answer(302, R"({"error":{"code":190}})").kind, send_outcome_kind::unconfirmed);
  EXPECT_EQ(outcome_of_answer(500, "{}").kind, send_outcome_kind::unconfirmed);
}

} // namespace
} // namespace tickwire::meta
