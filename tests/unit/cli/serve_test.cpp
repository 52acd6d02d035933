// seqspan serve: what it answers, what it refuses, and what it does when many ask or nobody lets
// go.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rapidcheck/gtest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/commands/job.hpp"
#include "cli/page/serve_page.hpp"
#include "cli/run.hpp"
#include "cli/serve/api.hpp"
#include "cli/serve/server.hpp"
#include "sim/layout/resolve.hpp"
#include "tests/unit/cli/captured_output.hpp"

namespace seqspan::cli {
namespace {

constexpr const char* kJob = "configs/jobs/llama3-8b-128k.json";

JobArguments given() {
  JobArguments arguments;
  arguments.file = kJob;
  return arguments;
}

class Serving : public testing::Test {
 protected:
  Serving()
      : job_(read_job(given()).value()), api_(given(), job_, sim::resolve(job_, job_.layout)) {}

  HttpResponse ask(const std::string& target) {
    const ReadRequest read = read_request("GET " + target + " HTTP/1.1\r\n\r\n");
    const auto* request = std::get_if<HttpRequest>(&read);
    return request != nullptr ? api_.answer(*request) : std::get<HttpResponse>(read);
  }

  sim::Job job_;
  Api api_;
};

std::string simulated(const std::string& length, const std::string& layout) {
  CapturedOutput captured;
  (void)run({"simulate", kJob, "--set", "training.sequence_length=" + length, "--layout", layout,
             "--json"},
            captured.output);
  return captured.answers();
}

TEST_F(Serving, AnswersWithTheBytesOfSimulateJson) {
  for (const char* length : {"65536", "128K"}) {
    for (const char* layout : {"ulysses=8,recompute=full", "ring=8", "tp=2,ring=4,loss_chunks=8"}) {
      const HttpResponse answer =
          ask(std::string("/api/simulate?sequence_length=") + length + "&layout=" + layout);
      EXPECT_EQ(answer.status, 200);
      EXPECT_EQ(answer.body, simulated(length, layout));
    }
  }
}

TEST_F(Serving, SaysWhyALayoutIsRefused) {
  const HttpResponse answer = ask("/api/simulate?layout=ulysses=16");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(nlohmann::json::parse(answer.body)["error"]["code"], "world_size");
}

// A layout or a number may name a file on the command line; here it names none.
TEST_F(Serving, ReadsNoFileForARequest) {
  for (const char* target :
       {"/api/simulate?layout=configs/jobs/llama3-8b-128k.json", "/api/simulate?layout=/etc/passwd",
        "/api/simulate?sequence_length=/etc/passwd", "/api/simulate?model=/etc/passwd",
        "/api/simulate?set=model=/etc/passwd", "/api/simulate?sequence_length=1;2",
        "/api/simulate?sequence_length=", "/api/simulate?layout=tp=2&layout=tp=4",
        "/api/simulate?sequence_length=-1", "/api/simulate?sequence_length=1e9",
        "/api/simulate?layout=tp%3D2%00", "/api/simulate?%zz=1", "/api/simulate?&&"}) {
    const HttpResponse answer = ask(target);
    EXPECT_EQ(answer.status, 400) << target;
    EXPECT_TRUE(nlohmann::json::parse(answer.body)["error"].contains("what")) << target;
  }
  for (const char* target : {"/etc/passwd", "/../etc/passwd", "/%2e%2e/etc/passwd", "/index.html",
                             "/api/", "/api/simulate/", "//", "/configs/jobs/"}) {
    EXPECT_EQ(ask(target).status, 404) << target;
  }
}

TEST_F(Serving, AChoiceOfTheJobIsTrueOrFalse) {
  const auto step_of = [&](const char* value) {
    const HttpResponse answer =
        ask(std::string("/api/simulate?layout=tp=8&overlap_tensor_parallel=") + value);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return nlohmann::json::parse(answer.body)["time"]["step_seconds"].get<double>();
  };
  EXPECT_LT(step_of("true"), step_of("false"));
  for (const char* value : {"", "1", "yes", "True", "/etc/passwd", "null"}) {
    EXPECT_EQ(ask(std::string("/api/simulate?overlap_tensor_parallel=") + value).status, 400)
        << value;
  }
}

// The order of a ring is a choice where the framework has several.
TEST(ServePage, OffersTheOrdersOfTheFramework) {
  const auto page_of = [](const char* file) {
    JobArguments arguments;
    arguments.file = file;
    const sim::Job job = read_job(arguments).value();
    return serve_page(job, arguments, sim::resolve(job, job.layout), {});
  };
  EXPECT_EQ(page_of(kJob).find("\"ring_order\""), std::string::npos);
  EXPECT_NE(page_of("configs/jobs/llama2-7b-a800-usp.json").find("\"ring_order\""),
            std::string::npos);
}

// What the page has no slider for stays as it was given: the list is that of the page.
TEST(ServePage, SaysWhichKeysHaveSliders) {
  JobArguments arguments;
  arguments.file = kJob;
  const sim::Job job = read_job(arguments).value();
  sim::Layout layout = sim::resolve(job, job.layout);
  const std::string page = serve_page(job, arguments, layout, {});
  for (const char* key :
       {"tp",          "sequence_parallel", "pp",        "vpp",        "ep",          "etp",
        "dp",          "ulysses",           "ring",      "ring_order", "kv_exchange", "placement",
        "micro_batch", "recompute",         "sharding",  "offload",    "loss_chunks", "mlp_chunks",
        "head_groups", "ulysses_in_node",   "ep_in_node"}) {
    const std::string quoted = std::string("\"key\":\"") + key + "\"";
    EXPECT_EQ(has_slider(job, layout, key), page.find(quoted) != std::string::npos) << key;
  }
  EXPECT_TRUE(has_slider(job, layout, "tp"));
  EXPECT_FALSE(has_slider(job, layout, "etp"));
  // A dense model has experts to spread where the layout says so.
  EXPECT_FALSE(has_slider(job, layout, "ep"));
  layout.ep = 2;
  EXPECT_TRUE(has_slider(job, layout, "ep"));
}

// 400 is for what cannot be read, 422 for what is read and cannot be: as many tokens as no job has.
TEST_F(Serving, NumbersOutOfRangeAreRefused) {
  for (const char* length : {"0", "999999999999999", "99999999999999M"}) {
    EXPECT_EQ(ask(std::string("/api/simulate?sequence_length=") + length).status, 422) << length;
  }
}

// Of any layout that parses, and any that does not: an answer, a refusal, never a fault.
RC_GTEST_FIXTURE_PROP(Serving, AnyQueryIsAnsweredOrRefused, ()) {
  const std::vector<std::string> keys = {"tp",          "pp",          "vpp",        "ep",
                                         "etp",         "dp",          "ulysses",    "ring",
                                         "micro_batch", "loss_chunks", "mlp_chunks", "recompute",
                                         "sharding",    "offload",     "ring_order", "nonsense"};
  const std::vector<std::string> values = {
      "1", "2", "3", "4", "8", "16", "0", "-1", "full", "parameters", "all", "9223372036854775807",
      "x", ""};
  std::string layout;
  const auto count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    layout += (i > 0 ? "," : "") + *rc::gen::elementOf(keys) + "=" + *rc::gen::elementOf(values);
  }
  const auto length = *rc::gen::inRange<std::int64_t>(-5, 20'000'000);
  const HttpResponse answer =
      ask("/api/simulate?sequence_length=" + std::to_string(length) + "&layout=" + layout);
  RC_ASSERT(answer.status == 200 || answer.status == 400 || answer.status == 422);
  RC_ASSERT(nlohmann::json::accept(answer.body));
}

TEST(ReadRequest, TakesWhatBrowsersSend) {
  const std::string text =
      "GET /api/simulate?layout=tp%3D2%2Cring%3D4&sequence_length=64K HTTP/1.1\r\nHost: "
      "127.0.0.1:1\r\nAccept: */*\r\n\r\n";
  const ReadRequest read = read_request(text);
  const auto& request = std::get<HttpRequest>(read);
  EXPECT_EQ(request.path, "/api/simulate");
  EXPECT_EQ(request.query.at("layout"), "tp=2,ring=4");
  EXPECT_EQ(request.header("host"), "127.0.0.1:1");
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_TRUE(std::holds_alternative<Incomplete>(read_request(text.substr(0, i)))) << i;
  }
}

TEST(ReadRequest, RefusesWhatIsMalformedOrHuge) {
  const auto status = [](const std::string& text) {
    const ReadRequest read = read_request(text);
    const auto* refused = std::get_if<HttpResponse>(&read);
    return refused != nullptr ? refused->status : 0;
  };
  for (const char* text : {"\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2\r\n\r\n",
                           "GET http://a/ HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                           "GET / HTTP/1.1\r\n: a\r\n\r\n", "GET / HTTP/1.1\r\nA b: c\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                           "GET /% HTTP/1.1\r\n\r\n", "GET /%0d%0a HTTP/1.1\r\n\r\n"}) {
    EXPECT_EQ(status(text), 400) << text;
  }
  EXPECT_EQ(status("GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"), 413);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"), 413);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), 413);
  EXPECT_EQ(status("GET /" + std::string(kLongestRequest, 'a') + " HTTP/1.1\r\n\r\n"), 431);
}

RC_GTEST_PROP(ReadRequest, AnyBytesAreReadOrRefused, (const std::string& bytes)) {
  (void)read_request(bytes);
  (void)read_request("GET /" + bytes + " HTTP/1.1\r\n" + bytes + "\r\n\r\n");
}

TEST(IsFromHere, OnlyOwnPagesAndLocalPrograms) {
  const auto from_here = [](std::map<std::string, std::string> headers) {
    return is_from_here({"GET", "/", {}, std::move(headers)}, 8000);
  };
  EXPECT_TRUE(from_here({{"host", "127.0.0.1:8000"}}));
  EXPECT_TRUE(from_here({{"host", "localhost:8000"}, {"origin", "http://localhost:8000"}}));
  EXPECT_FALSE(from_here({}));
  EXPECT_FALSE(from_here({{"host", "127.0.0.1:8001"}}));
  EXPECT_FALSE(from_here({{"host", "attacker.example:8000"}}));
  EXPECT_FALSE(from_here({{"host", "127.0.0.1:8000"}, {"origin", "http://attacker.example"}}));
  EXPECT_FALSE(from_here({{"host", "127.0.0.1:8000"}, {"origin", "null"}}));
  EXPECT_FALSE(from_here({{"host", "127.0.0.1:8000"}, {"sec-fetch-site", "cross-site"}}));
}

// A server on a port of its own, in a thread, and clients that are sockets.
class Connected : public Serving {
 protected:
  void SetUp() override {
    rlimit files{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 8192);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
    if (files.rlim_cur < 3000) GTEST_SKIP() << "skipped: at most " << files.rlim_cur << " files";
    ASSERT_TRUE(server_.listen(0).has_value());
    thread_ = std::thread([this] { server_.run(stop_); });
  }
  void TearDown() override {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  int connect() const {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return client;
  }
  void send(int client, const std::string& text) const {
    (void)::send(client, text.data(), text.size(), MSG_NOSIGNAL);
  }
  // All that comes until the server closes.
  static std::string receive(int client) {
    std::string text;
    char piece[4096];
    for (ssize_t count = 1; count > 0;) {
      count = ::recv(client, piece, sizeof(piece), 0);
      if (count > 0) text.append(piece, static_cast<std::size_t>(count));
    }
    ::close(client);
    return text;
  }
  [[nodiscard]] std::string request(const std::string& target) const {
    return "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server_.port()) +
           "\r\n\r\n";
  }
  static std::int64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t size = 0;
    std::int64_t resident = 0;
    statm >> size >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
  }

  Server server_{[this](const HttpRequest& asked) { return api_.answer(asked); }};
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

TEST_F(Connected, AThousandAtOnceAreEachAnsweredOrRefused) {
  const std::int64_t before = resident_bytes();
  const auto start = std::chrono::steady_clock::now();
  std::vector<int> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(connect());
    send(clients.back(), request("/api/simulate?layout=ulysses=8,recompute=full"));
  }
  int answered = 0;
  for (const int client : clients) {
    const std::string text = receive(client);
    const bool is_answer = text.rfind("HTTP/1.1 200", 0) == 0;
    EXPECT_TRUE(is_answer || text.rfind("HTTP/1.1 503", 0) == 0) << text.substr(0, 100);
    answered += is_answer ? 1 : 0;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(answered, 500);
  // 1,000 answers of 10 KB and what the system keeps for a thousand sockets in this process.
#if !defined(__SANITIZE_ADDRESS__)  // which keeps what is freed for a while
  EXPECT_LT(resident_bytes() - before, 64'000'000);
#endif
  std::printf("%d of 1,000 answered in %.2f s, %.1f MB more\n", answered, took.count(),
              static_cast<double>(resident_bytes() - before) / 1e6);
}

TEST_F(Connected, WhoOnlyHoldsConnectionsDoesNotKeepOthersWaiting) {
  std::vector<int> holding;
  for (int i = 0; i < 500; ++i) {
    holding.push_back(connect());
    send(holding.back(), i % 2 == 0 ? "GET / HTTP/1.1\r\n" : "");
  }
  const int client = connect();
  send(client, request("/api/simulate?layout=ring=8"));
  EXPECT_EQ(receive(client).rfind("HTTP/1.1 200", 0), 0U);
  // They are told after the deadline that it is over.
  EXPECT_EQ(receive(holding[0]).rfind("HTTP/1.1 408", 0), 0U);
  for (std::size_t i = 1; i < holding.size(); ++i) ::close(holding[i]);
}

TEST_F(Connected, EndlessRequestsAreCutOff) {
  const int client = connect();
  const std::string piece(4096, 'a');
  send(client, "GET /");
  for (int i = 0; i < 100; ++i) send(client, piece);
  EXPECT_EQ(receive(client).rfind("HTTP/1.1 431", 0), 0U);
}

TEST_F(Connected, BytesThatMeanNothingAreRefused) {
  std::uint32_t seed = 12345;
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    for (int i = 0; i < 40; ++i) {
      seed = seed * 1664525U + 1013904223U;
      bytes += static_cast<char>(seed >> 24U);
    }
    const int client = connect();
    send(client, bytes + "\r\n\r\n");
    EXPECT_EQ(receive(client).rfind("HTTP/1.1 400", 0), 0U);
  }
  // Methods are written in capitals: this is another one.
  const int other = connect();
  send(other, "get" + request("/").substr(3));
  EXPECT_EQ(receive(other).rfind("HTTP/1.1 405", 0), 0U);
  const int client = connect();
  send(client, request("/"));
  EXPECT_EQ(receive(client).rfind("HTTP/1.1 200", 0), 0U);
}

TEST_F(Connected, APortThatIsTakenIsAnError) {
  Server other([](const HttpRequest&) { return HttpResponse{}; });
  EXPECT_FALSE(other.listen(server_.port()).has_value());
}

}  // namespace
}  // namespace seqspan::cli
