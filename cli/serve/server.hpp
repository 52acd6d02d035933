// Answers HTTP requests on 127.0.0.1, one thread, never waiting for one client (Boost.Asio).
//
// A connection is one request and its answer. It has kDeadline for all of it; one that is slower is
// told so and closed, so that those who only hold connections open give way. At most
// kMostConnections are open, each with at most kLongestRequest bytes read; who comes when all are
// taken is told to come later.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "cli/serve/http.hpp"
#include "sim/errors/error.hpp"

namespace seqspan::cli {

class Server {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  static constexpr std::chrono::seconds kDeadline{5};
  static constexpr std::size_t kMostConnections = 900;

  // `handler` answers requests that come from here (is_from_here).
  explicit Server(Handler handler);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // Listens; port 0 takes a free one. Errors: kEnvironment, where the port is taken.
  [[nodiscard]] sim::Result<void> listen(std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const;

  // Answers until `stop` is set. Looks at it at least every 200 ms.
  void run(const std::atomic<bool>& stop);

 private:
  // Keeps Boost.Asio out of this header.
  struct Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace seqspan::cli
