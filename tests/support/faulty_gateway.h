// A gateway that routes one name to the target and everything else to the decoy, right but for one
// fault.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "lab/gateways/server.h"
#include "lab/net/dial.h"
#include "lab/net/wait.h"
#include "lab/tls/hello_sniffer.h"
#include "lab/tls/hello_view.h"
#include "lab/torture/judge.h"

namespace sni::test {

enum class Fault {
    none,
    one_read,           ///< decides by what came first, whole or not
    one_record,         ///< knows no hello in several records
    case_sensitive,     ///< compares names as they were sent
    suffix_match,       ///< takes every name that ends in the target's
    second_name,        ///< of two names takes the last
    default_malformed,  ///< sends what it cannot read to the decoy
    swallows_data,      ///< forgets what came with the hello's last bytes
    strips_ech,         ///< forwards a hello without the mark of ECH
    no_half_close,      ///< closes both sides when the client has finished sending
    no_timeout,         ///< waits for the rest of a hello for ever
    keeps_target,       ///< does not tell the target that the client broke off
    trusts_lengths,     ///< takes a name to be as long as it says, whatever it is in
    sorts_extensions,   ///< forwards a hello's extensions in the order of their types
    impatient,          ///< gives a target half a second to answer
    falls_back,         ///< sends to the decoy what it cannot bring to the target
    two_faced,          ///< changes a byte far behind, and changes it back in the answer
};

class FaultyGateway {
  public:
    FaultyGateway(Fault fault, std::string name, Endpoint target, Endpoint decoy)
        : fault_(fault),
          name_(std::move(name)),
          target_(std::move(target)),
          decoy_(std::move(decoy)),
          server_({.listen = loopback(0), .max_connections = 256, .refused = {}},
                  [this](net::PlainStream client, unsigned, const net::Wakeup& stop) {
                      serve(client, stop);
                  }) {}

    Endpoint listening() const { return server_.listening(); }
    /// Waits until so many clients have come; false when they do not.
    bool has_seen(unsigned clients) {
        std::unique_lock lock(mutex_);
        return came_.wait_for(lock, std::chrono::seconds(20), [&] { return clients_ >= clients; });
    }

    static constexpr std::chrono::milliseconds kHelloTimeout{1'500};
    /// The byte that Fault::two_faced changes.
    static constexpr std::size_t kChanged = 5'000;

  private:
    using Clock = net::Clock;

    void serve(net::PlainStream& client, const net::Wakeup& stop) {
        {
            const std::scoped_lock lock(mutex_);
            ++clients_;
            came_.notify_all();
        }
        std::string seen;
        const auto route = read_hello(client, stop, seen);
        if (!route) return;
        auto server = net::dial(*route, Clock::now() + std::chrono::seconds(3), &stop);
        if (!server && fault_ == Fault::falls_back)
            server = net::dial(decoy_, Clock::now() + std::chrono::seconds(3), &stop);
        if (!server) return;
        if (!send(*server, forwarded(seen), stop)) return;
        relay(client, *server, stop);
    }

    /// Where the client's first bytes lead; nothing: it is refused.
    std::optional<Endpoint> read_hello(net::PlainStream& client, const net::Wakeup& stop,
                                       std::string& seen) const {
        tls::HelloSniffer sniffer(1 << 18);
        const auto deadline =
            fault_ == Fault::no_timeout ? net::kNever : Clock::now() + kHelloTimeout;
        std::array<char, 65'536> buffer;
        for (;;) {
            std::size_t got = 0;
            const net::Io io = client.read(buffer, got);
            if (io == net::Io::want_read) {
                if (!net::wait_for({{client.fd(), io}}, deadline, &stop)) return std::nullopt;
                continue;
            }
            if (io != net::Io::done) return std::nullopt;
            seen.append(buffer.data(), got);
            const auto verdict = sniffer.feed(as_bytes(std::string_view(buffer.data(), got)));
            if (verdict == tls::Verdict::need_more) {
                if (fault_ == Fault::one_read) return decoy_;
                continue;
            }
            return decide(sniffer, seen);
        }
    }

    std::optional<Endpoint> decide(const tls::HelloSniffer& sniffer, std::string_view seen) const {
        const tls::ClientHello* const hello = sniffer.hello();
        if (!hello) {
            if (fault_ == Fault::default_malformed) return decoy_;
            if (fault_ == Fault::second_name && sniffer.verdict() == tls::Verdict::duplicate) {
                const std::size_t mine = seen.rfind(name_);
                const std::size_t other = seen.rfind("sni-lab-second.test");
                const bool last = mine != seen.npos && (other == seen.npos || mine > other);
                return last ? target_ : decoy_;
            }
            if (fault_ == Fault::trusts_lengths && sniffer.verdict() == tls::Verdict::malformed) {
                return by_its_length(seen);
            }
            return std::nullopt;
        }
        if (fault_ == Fault::one_record && sniffer.records() > 1) return decoy_;
        if (!hello->server_name) return decoy_;
        const std::string_view name =
            fault_ == Fault::case_sensitive ? *hello->server_name_sent : hello->server_name->text();
        const bool mine = fault_ == Fault::suffix_match ? name.ends_with(name_) : name == name_;
        return mine ? target_ : decoy_;
    }

    /// Where a name leads that is read by its own length alone.
    std::optional<Endpoint> by_its_length(std::string_view seen) const {
        const std::size_t at = seen.find(name_);
        // { u16 extension, u16 length, u16 list, u8 type, u16 length } stand in front of the first.
        if (at == seen.npos || at < 9 || seen[at - 3] != 0 || seen[at - 9] != 0 ||
            seen[at - 8] != 0)
            return std::nullopt;
        ByteReader length(as_bytes(seen.substr(at - 2, 2)));
        return seen.substr(at, length.u16()) == name_ ? target_ : decoy_;
    }

    /// Of a hello in one record; another one stays as it is.
    static std::string sorted(std::string seen) {
        ByteReader wire(as_bytes(seen));
        wire.bytes(3);
        ByteReader fragment = wire.vec16();
        fragment.bytes(1);
        const Bytes list = tls::view_hello(fragment.vec24().rest()).extensions;
        if (!fragment.ok() || list.empty()) return seen;
        std::vector<tls::Extension> all;
        ByteReader extensions(list);
        while (const auto next = tls::next_extension(extensions)) {
            all.push_back(*next);
        }
        std::ranges::stable_sort(all, {}, &tls::Extension::type);
        std::string text;
        for (const tls::Extension& each : all) {
            // Its type and length stand right in front of its data.
            text += std::string_view(reinterpret_cast<const char*>(each.data.data()) - 4,
                                     each.data.size() + 4);
        }
        const std::size_t at = static_cast<std::size_t>(list.data() - as_bytes(seen).data());
        return seen.replace(at, text.size(), text);
    }

    std::string forwarded(std::string seen) const {
        if (fault_ == Fault::sorts_extensions) return sorted(std::move(seen));
        const std::size_t mark = seen.find("\xfe\x0d");
        if (fault_ == Fault::strips_ech && mark != seen.npos) seen.replace(mark, 2, "\xff\x7e");
        if (fault_ == Fault::two_faced && seen.size() > kChanged) seen[kChanged] ^= 1;
        if (fault_ == Fault::swallows_data) {
            const std::size_t record = 5 + static_cast<unsigned char>(seen[3]) * 256u +
                                       static_cast<unsigned char>(seen[4]);
            seen.resize(std::min(seen.size(), record));
        }
        return seen;
    }

    static bool send(net::PlainStream& to, std::string_view bytes, const net::Wakeup& stop) {
        while (!bytes.empty()) {
            std::size_t taken = 0;
            const net::Io io = to.write(bytes, taken);
            if (io == net::Io::done) {
                bytes.remove_prefix(taken);
            } else if (io != net::Io::want_write ||
                       !net::wait_for({{to.fd(), io}}, Clock::now() + std::chrono::seconds(20),
                                      &stop)) {
                return false;
            }
        }
        return true;
    }

    /// False when there is nothing more to come from `from`: `ended` or broken. The byte that comes
    /// behind `until_changed` others is changed.
    static bool pump(net::PlainStream& from, net::PlainStream& to, const net::Wakeup& stop,
                     bool& ended, bool& broken, std::size_t* until_changed = nullptr) {
        std::array<char, 65'536> buffer;
        std::size_t got = 0;
        const net::Io io = from.read(buffer, got);
        if (io == net::Io::done) {
            if (until_changed && *until_changed < got) buffer[*until_changed] ^= 1;
            if (until_changed) *until_changed -= got;  // beyond the byte it is larger than ever
            broken = !send(to, {buffer.data(), got}, stop);
            return !broken;
        }
        if (io == net::Io::want_read) return true;
        ended = io == net::Io::ended;
        broken = !ended;
        return false;
    }

    void relay(net::PlainStream& client, net::PlainStream& server, const net::Wakeup& stop) const {
        bool client_ended = false;
        bool server_ended = false;
        bool broken = false;
        std::size_t until_changed = torture::kTargetSays.size() + kChanged;
        std::size_t* const changes = fault_ == Fault::two_faced ? &until_changed : nullptr;
        const auto deadline =
            Clock::now() + (fault_ == Fault::impatient ? std::chrono::milliseconds(500)
                                                       : std::chrono::seconds(30));
        while (!(client_ended && server_ended)) {
            const int up = client_ended ? server.fd() : client.fd();
            const int down = server_ended ? client.fd() : server.fd();
            if (!net::wait_for({{up, net::Io::want_read}, {down, net::Io::want_read}}, deadline,
                               &stop)) {
                return;
            }
            if (!client_ended && !pump(client, server, stop, client_ended, broken) && !broken) {
                if (fault_ == Fault::no_half_close) return;
                server.finish_sending();
            }
            if (broken && fault_ == Fault::keeps_target) {
                while (!stop.called(std::chrono::milliseconds(50))) {
                }
            }
            if (broken) return;
            if (!server_ended && !pump(server, client, stop, server_ended, broken, changes) &&
                !broken) {
                client.finish_sending();
            }
            if (broken) return;
        }
    }

    const Fault fault_;
    const std::string name_;
    const Endpoint target_;
    const Endpoint decoy_;
    std::mutex mutex_;
    std::condition_variable came_;
    unsigned clients_ = 0;     // guarded by mutex_
    gateways::Server server_;  // last: its threads use the rest
};

}  // namespace sni::test
